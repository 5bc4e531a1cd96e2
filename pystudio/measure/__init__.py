"""How well a mask agrees with the truth, and how to make it agree less."""
