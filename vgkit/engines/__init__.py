"""Everything that makes a plan, a picture, a clip or music, and the one door through which it is asked."""
