"""What a model answers, and how sure it is of it."""

from typing import Any

import numpy as np

from penstock_ml.models import Model


def classify(model: Model, samples: Any) -> tuple[Any, Any]:
    """Class numbers (n) as `pipeline.predict` gives them, and confidences (n) in 0..1, of samples (n, ...).

    The confidence is the probability of the answer for models that know one. Support vectors know margins only: theirs
    is the answer's share of the softmax of the margins (Bridle 1990), which orders answers but is no probability.
    """
    seen = model.pipeline.classes_  # of the classes, those that training saw: what columns stand for
    if hasattr(model.pipeline, "predict_proba"):
        shares = np.asarray(model.pipeline.predict_proba(samples))
        columns = shares.argmax(axis=1)
    else:
        margins = np.asarray(model.pipeline.decision_function(samples))
        if margins.ndim == 1:  # two classes have one margin
            margins = np.column_stack([-margins, margins])
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        # The votes of pairs of classes decide, which the widest margin need not follow.
        columns = np.searchsorted(seen, model.pipeline.predict(samples))
    return seen[columns], shares[np.arange(len(columns)), columns]
