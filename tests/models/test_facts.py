"""Records of model facts: what was packed comes back, and what a child may not say is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.evidence import LayerEvidence
from grader.models.facts import (
    ACTIVATIONS,
    FACTS_BYTES,
    LAYER_KINDS,
    MAX_AXES,
    REPAIR_SLUGS,
    Leftover,
    LoadStatus,
    ModelFacts,
    Repair,
    pack_facts,
    parse_facts,
)

_SHAPES = st.lists(st.integers(-1, 4096), max_size=MAX_AXES).map(tuple)
_LAYERS = st.builds(
    LayerEvidence,
    kind=st.sampled_from(LAYER_KINDS),
    parameters=st.integers(0, 50_000_000),
    activation=st.sampled_from(ACTIVATIONS),
    output_shape=_SHAPES,
)
_FACTS = st.builds(
    ModelFacts,
    status=st.sampled_from(LoadStatus),
    input_shape=_SHAPES,
    outputs=st.integers(0, 1000),
    parameters=st.integers(0, 50_000_000),
    layers=st.lists(_LAYERS, max_size=6).map(tuple),
    images_per_call=st.integers(0, 1024),
    keras_version=st.none() | st.tuples(*[st.integers(0, 999)] * 3),
    leftovers=st.integers(0, sum(Leftover)).map(Leftover),
    repairs=st.integers(0, sum(Repair)).map(Repair),
)


def test_repair_slugs_when_there_is_a_repair_then_it_has_words_of_its_own() -> None:
    assert set(REPAIR_SLUGS) == set(Repair)
    assert len(set(REPAIR_SLUGS.values())) == len(Repair)


@given(facts=_FACTS)
def test_record_when_packed_and_read_then_is_the_same(facts: ModelFacts) -> None:
    record = pack_facts(facts)
    assert len(record) == FACTS_BYTES
    assert parse_facts(record) == facts


@given(noise=st.binary(min_size=64, max_size=64))
def test_record_when_its_head_is_noise_then_is_read_within_bounds_or_refused(noise: bytes) -> None:
    record = (b"FACT" + noise).ljust(FACTS_BYTES, b"\0")
    try:
        facts = parse_facts(record)
    except ValueError:
        return
    assert pack_facts(facts)[:4] == b"FACT"
    assert facts.parameters <= 50_000_000
    assert facts.images_per_call <= 1024


def test_record_when_a_layer_has_an_unknown_kind_then_is_refused() -> None:
    layer = LayerEvidence(kind="Dense", parameters=1, activation="relu")
    record = bytearray(pack_facts(ModelFacts(status=LoadStatus.LOADED, layers=(layer,))))
    at = record.index(struct.pack("<HHQ", LAYER_KINDS.index("Dense"), ACTIVATIONS.index("relu"), 1))
    record[at : at + 2] = struct.pack("<H", len(LAYER_KINDS))
    with pytest.raises(ValueError, match="facts"):
        parse_facts(bytes(record))
