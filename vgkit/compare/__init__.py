"""Sets two video engines against each other, film by film, with everything else locked.

An average over whatever was filmed would compare briefs and seeds as much as engines; only pairs of films that are
alike in all else tell the engines apart."""
