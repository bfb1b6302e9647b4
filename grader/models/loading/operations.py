"""Operations of TensorFlow that a graph may have: arithmetic, networks, shapes, its own variables. Nothing else."""


def listed(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


ARITHMETIC = listed(
    """
    Abs Acos Add AddN AddV2 All Any ArgMax ArgMin Asin Atan Atan2 AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3
    BatchNormWithGlobalNormalization BatchToSpace BatchToSpaceND BiasAdd BiasAddV1 Bitcast BroadcastArgs BroadcastTo
    Cast Ceil ClipByValue Concat ConcatV2 Const Conv Conv2D Conv3D Cos Cosh Cumprod Cumsum DepthToSpace
    DepthwiseConv2dNative Dilation2D Div DivNoNan Einsum Elu EnsureShape Equal Erf Erfc Exp ExpandDims Expm1
    FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel Fill Floor FloorDiv FloorMod
    FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity IdentityN
    InvertPermutation IsFinite IsInf IsNan L2Loss LRN LeakyRelu Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd
    LogicalNot LogicalOr MatMul MatrixDiag MatrixDiagPart Max MaxPool MaxPoolV2 Maximum Mean Min Minimum MirrorPad Mod
    Mul MulNoNan Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2 Placeholder PlaceholderWithDefault Pow PreventGradient
    Prod Range Rank RealDiv Reciprocal Relu Relu6 Reshape ResizeBicubic ResizeBilinear ResizeNearestNeighbor Reverse
    ReverseV2 Rint Round Rsqrt ScatterNd Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin Sinh Size Slice Softmax
    Softplus Softsign SpaceToBatch SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze
    StopGradient StridedSlice Sub Sum Tan Tanh Tile TopK TopKV2 Transpose TruncateDiv Unpack Where Xdivy Xlogy ZerosLike
    """
)
"""Numbers in, numbers out."""

CONTROL = listed(
    """
    Enter Exit If LoopCond Merge NextIteration PartitionedCall StatefulPartitionedCall StatelessIf StatelessWhile Switch
    TensorArrayCloseV3 TensorArrayGatherV3 TensorArrayReadV3 TensorArrayScatterV3 TensorArraySizeV3 TensorArrayV3
    TensorArrayWriteV3 TensorListElementShape TensorListFromTensor TensorListGetItem TensorListLength TensorListPushBack
    TensorListReserve TensorListSetItem TensorListStack While
    """
)
"""Calls, branches and loops; the time limit ends loops that do not."""

VARIABLES = listed(
    """
    AssignVariableOp Assign DisableCopyOnRead ReadVariableOp ResourceGather VarHandleOp VarIsInitializedOp Variable
    VariableV2
    """
)
"""The network's own weights."""

RANDOM = listed(
    """
    RandomStandardNormal RandomUniform StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomUniformV2
    StatelessRandomNormalV2 TruncatedNormal
    """
)
"""Dropout and starting weights; never reached when a network answers."""

TRAINING = listed(
    """
    AdjustContrastv2 AdjustHue AdjustSaturation Assert AssignAddVariableOp AssignSubVariableOp CropAndResize CudnnRNN
    CudnnRNNV2 CudnnRNNV3 HSVToRGB ImageProjectiveTransformV2 ImageProjectiveTransformV3 RGBToHSV RandomUniformInt
    ReverseSequence RngReadAndSkip RngSkip ScaleAndTranslate StatefulStandardNormalV2 StatefulUniform StatefulUniformInt
    StatelessRandomUniformIntV2
    """
)
"""Moving averages, augmentation, checks with a message: in the functions for training that Keras 2 saves along."""

SAVER = listed(
    """
    MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename StaticRegexFullMatch StringJoin
    """
)
"""What every SavedModel brings to restore its weights, and to save itself, which nobody asks it to."""

ANSWERING = ARITHMETIC | CONTROL | VARIABLES | RANDOM
"""Allowed on the way from images to scores."""
RESTORING = ARITHMETIC | CONTROL | VARIABLES | {"RestoreV2"}
"""Allowed on the way from the file of weights to the variables."""
PRESENT = ANSWERING | TRAINING | SAVER
"""Allowed anywhere in the file; what is not on one of the two ways is cut away and never run."""
