"""A dataset in the forms that other programs read, a module each."""
