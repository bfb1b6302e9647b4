import numpy as np
import pytest

from grader.models.architectures import RECIPES, build
from tests.loops import every

LECTURE_PARAMETERS = {
    "lecture-mlp": 407_050,
    "lecture-cnn-valid": 843_658,
    "lecture-cnn-deep": 3_156_098,
    "lecture-cnn-logits": 333_526,
    "lecture-cnn-small": 50_186,
}


def test_recipes_when_listed_then_the_six_of_the_design() -> None:
    assert set(RECIPES) == {*LECTURE_PARAMETERS, "referee"}
    assert all(recipe.id == key for key, recipe in RECIPES.items())
    assert {key: RECIPES[key].parameters for key in LECTURE_PARAMETERS} == LECTURE_PARAMETERS
    assert RECIPES["referee"].parameters <= 400_000


@every("recipe_id", RECIPES)
def test_recipe_when_read_then_says_once_how_long(recipe_id: str) -> None:
    recipe = RECIPES[recipe_id]
    assert (recipe.epochs is None) != (recipe.steps is None)
    assert recipe.augmented == (recipe_id == "referee")


def test_recipes_when_the_lecture_states_them_then_they_are_the_lecture_s() -> None:
    valid, logits, small = (RECIPES[f"lecture-cnn-{name}"] for name in ("valid", "logits", "small"))
    assert (valid.optimizer, valid.learning_rate, valid.batch_size, valid.epochs) == ("rmsprop", 1e-4, 200, 5)
    assert valid.validation_share == 0.2
    assert (logits.optimizer, logits.learning_rate, logits.batch_size, logits.steps) == (
        "adam",
        1e-4,
        50,
        2500,
    )
    assert logits.outputs == "logits"
    assert (small.optimizer, small.batch_size, small.epochs) == ("sgd", 32, 5)


@pytest.mark.tensorflow
@every("recipe_id", RECIPES)
def test_network_when_built_then_has_exactly_the_recipe_s_parameters(recipe_id: str) -> None:
    recipe = RECIPES[recipe_id]
    model = build(recipe_id)
    assert model.count_params() == recipe.parameters
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 10)
    scores = np.asarray(model(np.random.default_rng(0).random((3, 28, 28, 1), np.float32)))
    sums_to_one = np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert sums_to_one == (recipe.outputs == "probabilities")
