"""Picture bytes → arrays in the shape of a data set, decoded only inside a locked child; the one resampler."""
