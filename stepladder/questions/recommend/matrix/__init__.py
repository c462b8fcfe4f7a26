"""Interactions as a sparse matrix of persons and items, and lists from what a rung makes of it."""

from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.matrix.lists import Score, Scores, answer
from stepladder.questions.recommend.matrix.read import Matrix, known, rows_of
from stepladder.questions.recommend.matrix.shape import RECENCY, latest, scipy_of, strength, within

__all__ = [
    "RECENCY", "Csr", "Matrix", "Score", "Scores",
    "answer", "known", "latest", "rows_of", "scipy_of", "strength", "within",
]  # fmt: skip
