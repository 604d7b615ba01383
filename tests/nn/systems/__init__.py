"""What the tests of the five systems compare with: the same networks, their derivatives written by hand."""
