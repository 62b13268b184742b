"""Writes expected.json: fixed cases with the results of scikit-learn. PSP@k, which it lacks, is computed here by its definition."""

import json
import pathlib

import numpy as np
import sklearn.metrics as m

rng = np.random.default_rng(7)
cases = []


def case(name, predictions, targets, value):
    cases.append({"name": name, "predictions": np.asarray(predictions).tolist(), "targets": np.asarray(targets).tolist(), "value": float(value)})


# Binary, with ties.
y = rng.integers(0, 2, 60)
s = np.round(np.clip(0.5 * y + rng.random(60) * 0.7, 0, 1), 1)
p = (s >= 0.5).astype(int)
case("accuracy.binary", s, y, m.accuracy_score(y, p))
case("precision.binary", s, y, m.precision_score(y, p))
case("recall.binary", s, y, m.recall_score(y, p))
case("f1.binary", s, y, m.f1_score(y, p))
case("auroc.binary", s, y, m.roc_auc_score(y, s))
case("average_precision.binary", s, y, m.average_precision_score(y, s))

# Multi-class; class 4 of 5 occurs nowhere in targets or predictions for the F1 of "absent".
y = rng.integers(0, 4, 50)
s = rng.random((50, 4))
s[np.arange(50), y] += 0.3
s = np.round(s / s.sum(1, keepdims=True), 9)
s[:, 3] = 1 - s[:, :3].sum(1)
p = s.argmax(1)
case("accuracy.multiclass", s, y, m.accuracy_score(y, p))
case("accuracy.top2", s, y, m.top_k_accuracy_score(y, s, k=2))
for average in ("macro", "micro"):
    case(f"precision.multiclass.{average}", s, y, m.precision_score(y, p, average=average))
    case(f"recall.multiclass.{average}", s, y, m.recall_score(y, p, average=average))
    case(f"f1.multiclass.{average}", s, y, m.f1_score(y, p, average=average))
case("f1.multiclass.absent", p, y, m.f1_score(y, p, average="macro"))
case("auroc.multiclass", s, y, m.roc_auc_score(y, s, multi_class="ovr", average="macro"))
case("average_precision.multiclass", s, y, m.average_precision_score(np.eye(4)[y], s, average="macro"))
confusion = m.confusion_matrix(y, p)
case("confusion", p, y, np.trace(confusion) / confusion.sum())
cases[-1]["matrix"] = confusion.tolist()

# Multi-label.
y = (rng.random((40, 5)) < 0.35).astype(int)
y[:, 4] = 0
y[0, 4] = 1
s = np.round(rng.random((40, 5)) * 0.7 + 0.3 * y, 9)
p = (s >= 0.5).astype(int)
case("accuracy.multilabel.subset", s, y, m.accuracy_score(y, p))
case("accuracy.multilabel.each", s, y, 1 - m.hamming_loss(y, p))
for average in ("macro", "micro"):
    case(f"precision.multilabel.{average}", s, y, m.precision_score(y, p, average=average, zero_division=0))
    case(f"recall.multilabel.{average}", s, y, m.recall_score(y, p, average=average, zero_division=0))
    case(f"f1.multilabel.{average}", s, y, m.f1_score(y, p, average=average, zero_division=0))
case("auroc.multilabel", s, y, m.roc_auc_score(y, s, average="macro"))
case("average_precision.multilabel", s, y, m.average_precision_score(y, s, average="macro"))

# Ranking.
order = np.argsort(-s, axis=1)
hits = np.take_along_axis(y, order, axis=1)
for k in (1, 3):
    case(f"precision_at.{k}", s, y, hits[:, :k].mean())
    case(f"ndcg_at.{k}", s, y, m.ndcg_score(y, s, k=k))
counts = np.array([200, 90, 40, 7, 1])
c = (np.log(1000) - 1) * 2.5**0.55
inverse = 1 + c * (counts + 1.5) ** -0.55
gained = (hits * inverse[order])[:, :3].sum()
best = -np.sort(-(y * inverse), axis=1)[:, :3].sum()
case("psp_at.3", s, y, gained / best)

# Regression, with a large offset, which sums of squares would not survive.
y = np.round(1e6 + rng.normal(size=45), 6)
s = np.round(y + rng.normal(size=45) * 0.3, 6)
case("mse", s, y, m.mean_squared_error(y, s))
case("mae", s, y, m.mean_absolute_error(y, s))
case("r2", s, y, m.r2_score(y, s))
y = rng.normal(size=(30, 3)).round(6)
s = (y + rng.normal(size=(30, 3)) * 0.5).round(6)
case("r2.outputs", s, y, m.r2_score(y, s, multioutput="uniform_average"))
case("r2.constant", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0], m.r2_score([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]))

# Perplexity from logits: the exponential of the log loss.
y = rng.integers(0, 6, 40)
s = rng.normal(size=(40, 6)).round(6)
e = np.exp(s - s.max(1, keepdims=True))
case("perplexity", s, y, np.exp(m.log_loss(y, e / e.sum(1, keepdims=True), labels=range(6))))

pathlib.Path(__file__).with_name("expected.json").write_text(json.dumps(cases, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
