"""A recipe and a data set → a reference network; needs TensorFlow and the extra `train`."""
