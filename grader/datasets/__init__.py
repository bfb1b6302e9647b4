"""What one data set knows: its card, test set, references and preparation; chosen by name."""
