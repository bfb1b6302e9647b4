"""The door: misread pictures of one submission → why each was misread, found by trying repairs out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.core.dataset import Dataset
from grader.core.diagnosis import Explanation, Miss
from grader.core.picture import Images, ImageSet
from grader.measuring.explain import Neighbours, occlusion_maps
from grader.measuring.ink import preview_grey
from grader.measuring.repairs import Subject, variants
from grader.measuring.search import Agreement, Asker, Competence, Found, Predict, search
from grader.measuring.upright import find_turns
from grader.models.adapters import Convention


def diagnose(
    images: ImageSet,
    misses: Sequence[Miss],
    predict: Predict,
    predict_as_submitted: Predict,
    referee_predict: Predict,
    test_set_images: Images,
    test_set_labels: npt.NDArray[np.integer],
    *,
    convention: Convention,
    dataset: Dataset,
    is_explained: Sequence[bool],
) -> tuple[Explanation, ...]:
    """Find out why pictures were misread.

    A repair is a reason when the student's own model reads the repaired picture, still reads at least three of its four
    one-pixel neighbors, reads known digits of that class in the same grey levels, and the referee reads it, too.

    The student's model answers for each miss at most 128 variants, 33 more of a picture misread after normalizing, and 64
    neighbors; 485 for each map of occlusion; and 200 for each pair of grey levels, usually two to five and never more than
    60. Ten real pictures took 1,400 predictions in the median and 4,100 at most. They go in at most two calls for the
    variants, two for the grey levels, two for each size of a set of repairs, and one for the maps: 5 to 7 in all for a
    model of the plain convention, never more than 28.

    Args:
        images: the pictures.
        misses: those of them that the student's model misread; see `grader.measuring.assembly.find_misses`.
        predict: the student's model on ink 1 and background 0, through its own convention.
        predict_as_submitted: the same model on grey pictures as they are.
        referee_predict: the referee.
        test_set_images: known digits, ink 1 on background 0.
        test_set_labels: their classes.
        convention: what the student's model was trained with.
        dataset: of the pictures.
        is_explained: for each miss, whether it gets a map of occlusion and its nearest test images.

    Returns:
        One for each miss, in their order.
    """
    if not misses:
        return ()
    asker = Asker(predict=predict, predict_as_submitted=predict_as_submitted)
    found = search(
        [variants(subject, convention) for subject in _subjects(images, misses, referee_predict, dataset)],
        [miss.label for miss in misses],
        asker,
        guards=(Competence(asker, test_set_images, test_set_labels), Agreement(referee_predict)),
    )
    explained = [miss for miss, is_wanted in zip(misses, is_explained, strict=True) if is_wanted]
    maps = occlusion_maps(
        images.normalized[[miss.index for miss in explained]],
        [miss.label for miss in explained],
        [miss.competitor for miss in explained],
        predict,
    )
    map_of = {miss.index: map_ for miss, map_ in zip(explained, maps, strict=True)}
    neighbours = Neighbours(test_set_images, test_set_labels) if explained else None
    return tuple(
        _explanation(miss, images, each, map_of.get(miss.index), neighbours)
        for miss, each in zip(misses, found, strict=True)
    )


def _subjects(
    images: ImageSet, misses: Sequence[Miss], referee_predict: Predict, dataset: Dataset
) -> list[Subject]:
    indices = [miss.index for miss in misses]
    turns = find_turns(images.normalized[indices], [miss.label for miss in misses], referee_predict, dataset)
    pictures = {picture.index: picture for picture in images.usable}
    return [
        Subject(
            as_submitted=images.as_submitted[miss.index, ..., 0],
            original=preview_grey(
                images.previews[miss.index],
                pictures[miss.index].width_pixels,
                pictures[miss.index].height_pixels,
            ),
            normalized=images.normalized[miss.index, ..., 0],
            turn=turn,
            is_misread_as_submitted=not miss.reads_as_submitted,
            is_misread_normalized=not miss.reads_normalized,
        )
        for miss, turn in zip(misses, turns, strict=True)
    ]


def _explanation(
    miss: Miss,
    images: ImageSet,
    found: Found,
    occlusion: npt.NDArray[np.float32] | None,
    neighbours: Neighbours | None,
) -> Explanation:
    variant = found.variant
    return Explanation(
        repairs=variant.names if variant else (),
        amounts=variant.amounts if variant else {},
        confidence_after=found.confidence,
        variants_tried=found.n_tried,
        variants_right=found.n_right,
        repaired=variant.pixels if variant else None,
        is_fed_as_it_is=variant.is_fed_as_it_is if variant else True,
        occlusion=None if occlusion is None else occlusion.astype(np.float16),
        nearest=()
        if occlusion is None or neighbours is None
        else tuple(
            neighbours.nearest(images.normalized[miss.index], label)
            for label in (miss.competitor, miss.label)
        ),
    )
