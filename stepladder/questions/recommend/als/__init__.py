"""Matrix factorisation for what was liked, and not: numerics only, on plain arrays."""

from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.als.fit import fit
from stepladder.questions.recommend.als.fold_in import fold_in
from stepladder.questions.recommend.als.half_step import Axes, axes
from stepladder.questions.recommend.als.loss import loss

__all__ = ["Axes", "Csr", "axes", "fit", "fold_in", "loss"]
