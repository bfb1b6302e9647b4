"""Our own networks as predictors, through ONNX Runtime; no TensorFlow."""

import difflib
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images, Probabilities
from grader.errors import GraderError
from grader.models.card import CARD_FILE, ONNX_FILE, ReferenceCard, read_card
from grader.resources import resource_folder

CHUNK = 128
"""Images per call of the network. Fixed, and the last chunk is filled up with empty images, so that an
image's answer does not depend on what it is asked together with; 128 is also the quickest size."""


def list_references(root: Path | None = None) -> tuple[ReferenceCard, ...]:
    """Return the cards of all reference networks, ordered by id.

    Args:
        root: the folder of the networks; None: the one that travels with the package.
    """
    root = root or resource_folder("reference_models")
    return tuple(read_card(path.parent) for path in sorted(root.glob(f"*/{CARD_FILE}")))


def find_reference(reference_id: str, root: Path | None = None) -> ReferenceCard:
    """Return the card of one reference network.

    Raises:
        GraderError: `reference-unknown`; the message names the nearest known id.
    """
    root = root or resource_folder("reference_models")
    known = [path.parent.name for path in sorted(root.glob(f"*/{CARD_FILE}"))]
    if reference_id not in known:
        raise unknown_reference(reference_id, known)
    return read_card(root / reference_id)


def unknown_reference(reference_id: str, known: list[str]) -> GraderError:
    """Return the failure `reference-unknown`, which names the nearest of `known`."""
    nearest = difflib.get_close_matches(reference_id, known, n=1, cutoff=0.0)
    return GraderError(
        "reference-unknown", id=reference_id, nearest="".join(nearest) or "–", known=", ".join(known) or "–"
    )


def load_reference(reference_id: str, root: Path | None = None) -> "ReferencePredictor":
    """Return the reference network `reference_id`, ready to answer.

    Args:
        reference_id: name of its folder.
        root: the folder of the networks; None: the one that travels with the package.

    Raises:
        GraderError: `reference-unknown`, `reference-unreadable`, or `reference-altered`: the file's hash is
            not the one on its card.
    """
    root = root or resource_folder("reference_models")
    card = find_reference(reference_id, root)
    return ReferencePredictor(card, read_verified(card, root / reference_id, ONNX_FILE))


def read_verified(card: ReferenceCard, folder: Path, name: str) -> bytes:
    """Return the content of the network's file `name` once its hash is the one on the card.

    Raises:
        GraderError: `reference-unreadable` or `reference-altered`.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GraderError("reference-unreadable", file=str(path), detail=str(error)) from error
    found = hashlib.sha256(content).hexdigest()
    needed = card.sha256.get(name, "–")
    if found != needed:
        raise GraderError("reference-altered", file=str(path), found=found, needed=needed)
    return content


class ReferencePredictor:
    """One reference network; one thread, answers independent of how images are grouped."""

    def __init__(self, card: ReferenceCard, content: bytes) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = (
            "1"  # since 1.29 it reports to its maker from the moment of its import
        )
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        self._session: Any = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        self._input: str = card.onnx["input"]
        self.card = card
        """What is known of the network."""

    @property
    def id(self) -> str:
        """Id of the reference network."""
        return self.card.id

    def predict(self, images: Images) -> Probabilities:
        """Return class probabilities.

        Args:
            images: float32, (n, 28, 28, 1), ink 1 on background 0; n may be 0.

        Returns:
            float32, (n, 10), rows sum to 1; bit for bit the same for an image whatever else is in `images`.
        """
        scores = self.scores(images)
        return softmax(scores) if self.card.outputs == "logits" else scores

    def scores(self, images: Images) -> npt.NDArray[np.float32]:
        """Return what the network itself answers, float32 (n, 10): probabilities or logits."""
        chunk = np.zeros((CHUNK, *images.shape[1:]), np.float32)
        answers = np.empty((len(images), 10), np.float32)
        for start in range(0, len(images), CHUNK):
            part = images[start : start + CHUNK]
            chunk[: len(part)] = part
            chunk[len(part) :] = 0
            answers[start : start + len(part)] = self._session.run(None, {self._input: chunk})[0][: len(part)]
        return answers


def softmax(logits: npt.NDArray[np.float32]) -> Probabilities:
    """Return logits (n, classes) as probabilities; computed in float64, returned as float32."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities: Probabilities = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities
