"""The door: misread pictures of one submission → why each was misread, found by trying repairs out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.dataset import Dataset
from grader.core.diagnosis import CHANGES, Cause, Diagnosis
from grader.core.picture import Images, ImageSet, Probabilities
from grader.measuring.explain import Neighbours, occlusion_maps
from grader.measuring.ink import preview_grey
from grader.measuring.repairs import Subject, variants
from grader.measuring.search import Agreement, Asker, Competence, Found, Predict, search
from grader.measuring.upright import find_turns
from grader.models.adapters import Convention

MOST_SEARCHED = 50
"""Misread pictures for which repairs are looked for; a submission has ten or twenty pictures."""

MOST_EXPLAINED = 10
"""Pictures misread after normalizing that get a map of occlusion and their nearest digits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Miss:
    index: int
    label: int
    submitted: npt.NDArray[np.float32]
    """Probabilities (classes,) for the picture as handed in."""
    normalized: npt.NDArray[np.float32]
    """Probabilities (classes,) for the normalized picture."""

    @property
    def reads_as_submitted(self) -> bool:
        return int(self.submitted.argmax()) == self.label

    @property
    def reads_normalized(self) -> bool:
        return int(self.normalized.argmax()) == self.label

    @property
    def where_misread(self) -> npt.NDArray[np.float32]:
        """Probabilities for the normalized picture when that is misread, else for the picture as handed in."""
        return self.submitted if self.reads_normalized else self.normalized

    @property
    def before(self) -> npt.NDArray[np.float32]:
        """Probabilities that the repairs start from."""
        return self.normalized if self.reads_as_submitted else self.submitted

    @property
    def competitor(self) -> int:
        others = self.where_misread.copy()
        others[self.label] = -1
        return int(others.argmax())


def diagnose(
    images: ImageSet,
    rows: npt.NDArray[np.integer],
    labels: npt.NDArray[np.integer],
    predict: Predict,
    predict_as_submitted: Predict,
    referee_predict: Predict,
    test_set_images: Images,
    test_set_labels: npt.NDArray[np.integer],
    *,
    convention: Convention,
    dataset: Dataset,
) -> tuple[Diagnosis, ...]:
    """Find out why pictures were misread.

    A repair is a reason when the student's own model reads the repaired picture, still reads at least three of its four
    one-pixel neighbors, reads known digits of that class in the same grey levels, and the referee reads it, too.

    The student's model answers 2 predictions a picture; for each of at most 50 searched misses at most 128 variants, 33
    more of a picture misread after normalizing, and 64 neighbors; 485 for each of at most 10 maps of occlusion; and 200
    for each pair of grey levels, usually two to five and never more than 60. Ten real pictures took 1,400 predictions in
    the median and 4,100 at most; more than 28,100 and 2 a picture are impossible. They go in two calls for the pictures,
    at most two for the variants, two for the grey levels, two for each size of a set of repairs, and one for the maps: 7
    to 9 in all for a model of the plain convention, never more than 30.

    Args:
        images: the pictures.
        rows: rows of the labelled pictures, (n,).
        labels: their classes, (n,).
        predict: the student's model on ink 1 and background 0, through its own convention.
        predict_as_submitted: the same model on grey pictures as they are.
        referee_predict: the referee.
        test_set_images: known digits, ink 1 on background 0.
        test_set_labels: their classes.
        convention: what the student's model was trained with.
        dataset: of the pictures.

    Returns:
        One for each picture that the model misread as handed in or normalized, in order of `rows`.
    """
    if len(rows) == 0:
        return ()
    submitted = predict_as_submitted(images.as_submitted[rows])
    normalized = predict(images.normalized[rows])
    misses = _misses(rows, labels, submitted, normalized)
    if not misses:
        return ()
    indices = [miss.index for miss in misses]
    referee_reads = referee_predict(images.normalized[indices]).argmax(axis=1)
    asker = Asker(predict=predict, predict_as_submitted=predict_as_submitted)
    searched = misses[:MOST_SEARCHED]
    found = search(
        [variants(subject, convention) for subject in _subjects(images, searched, referee_predict, dataset)],
        [miss.label for miss in searched],
        asker,
        guards=(Competence(asker, test_set_images, test_set_labels), Agreement(referee_predict)),
    )
    explained = [miss for miss in misses if not miss.reads_normalized][:MOST_EXPLAINED]
    maps = occlusion_maps(
        images.normalized[[miss.index for miss in explained]],
        [miss.label for miss in explained],
        [miss.competitor for miss in explained],
        predict,
    )
    map_of = {miss.index: map_ for miss, map_ in zip(explained, maps, strict=True)}
    neighbours = Neighbours(test_set_images, test_set_labels) if explained else None
    not_looked_for = Found(variant=None, confidence=None, n_tried=0, n_right=0)
    return tuple(
        _diagnosis(
            miss,
            images,
            found[number] if number < len(found) else not_looked_for,
            is_read_by_referee=int(referee_reads[number]) == miss.label,
            occlusion=map_of.get(miss.index),
            neighbours=neighbours,
        )
        for number, miss in enumerate(misses)
    )


def _misses(
    rows: npt.NDArray[np.integer],
    labels: npt.NDArray[np.integer],
    submitted: Probabilities,
    normalized: Probabilities,
) -> list[_Miss]:
    every = (
        _Miss(index=int(row), label=int(label), submitted=before, normalized=after)
        for row, label, before, after in zip(rows, labels, submitted, normalized, strict=True)
    )
    return [miss for miss in every if not (miss.reads_as_submitted and miss.reads_normalized)]


def _subjects(
    images: ImageSet, misses: Sequence[_Miss], referee_predict: Predict, dataset: Dataset
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


def _diagnosis(
    miss: _Miss,
    images: ImageSet,
    found: Found,
    *,
    is_read_by_referee: bool,
    occlusion: npt.NDArray[np.float32] | None,
    neighbours: Neighbours | None,
) -> Diagnosis:
    variant, where = found.variant, miss.where_misread
    is_explained = occlusion is not None and neighbours is not None
    return Diagnosis(
        index=miss.index,
        label=miss.label,
        verdict=_verdict(miss, variant.names if variant else (), is_read_by_referee=is_read_by_referee),
        reads_as_submitted=miss.reads_as_submitted,
        reads_normalized=miss.reads_normalized,
        competitor=miss.competitor,
        margin=float(where[miss.label] - where[miss.competitor]),
        repairs=variant.names if variant else (),
        amounts=variant.amounts if variant else {},
        prediction_before=int(miss.before.argmax()),
        confidence_before=float(miss.before.max()),
        prediction_after=miss.label if variant else None,
        confidence_after=found.confidence,
        variants_tried=found.n_tried,
        variants_right=found.n_right,
        repaired=variant.pixels if variant else None,
        is_fed_as_it_is=variant.is_fed_as_it_is if variant else True,
        occlusion=occlusion,
        nearest=tuple(
            neighbours.nearest(images.normalized[miss.index], digit)
            for digit in (miss.competitor, miss.label)
        )
        if is_explained and neighbours is not None
        else (),
    )


def _verdict(miss: _Miss, repairs: tuple[str, ...], *, is_read_by_referee: bool) -> Cause:
    """Whose fault it is.

    Normalizing does not turn pictures, so one that only had to be turned is a matter of how it was handed in, too.
    """
    is_turned = "upright" in repairs and not set(repairs) & (set(CHANGES) - {"upright"})
    if is_turned or (miss.reads_normalized and (is_read_by_referee or repairs)):
        return Cause.PICTURE
    return Cause.MODEL if is_read_by_referee else Cause.CONTESTED
