"""All hostile submissions."""

from tests.hostile import archives, code_at_load, graphs, hdf5_references, names, pictures, resources
from tests.hostile.case import distinct

CATEGORIES = (
    code_at_load.cases,
    graphs.graphs,
    hdf5_references.cases,
    archives.cases,
    pictures.cases,
    names.cases,
    graphs.outputs,
    resources.cases,
    resources.settings,
)
CASES = distinct(case for category in CATEGORIES for case in category.all)
