"""What can be measured about a sound."""
