"""Picture bytes → arrays of shape (28, 28, 1), decoded only inside a locked child."""
