"""Statistics by scipy and hypervolumes by moocore, for comparison.

    python cases/judgement/record.py       writes tests.json and volumes.json beside this file

Needs numpy, scipy and moocore.
"""

import json
import pathlib

import moocore
import numpy as np
from scipy import stats

random = np.random.default_rng(20_250_702)


def test(differences):
    interval = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    t = stats.ttest_1samp(differences, 0)
    # Up to 50 exact, given the ranks; scipy counts only where no ranks are shared, else it tries all signs.
    count = int(np.count_nonzero(differences))
    nonzero = [d for d in differences if d != 0]
    shared = len({abs(d) for d in nonzero}) < count
    method = "approx" if count > 50 else stats.PermutationMethod(n_resamples=1 << 15) if shared else "exact"
    w = stats.wilcoxon(nonzero, method=method, correction=False)
    return dict(
        differences=differences,
        interval=[float(interval.low), float(interval.high)],
        t=[float(t.statistic), float(t.pvalue)],
        signed_rank=[float(w.statistic), float(w.pvalue)],
    )


tests = []
for size in [3, 5, 10, 14, 30, 50, 80, 300]:
    for shift in [0.0, 0.3]:
        tests.append(test([round(float(d), 6) for d in random.normal(shift, 1, size)]))
# Shared ranks and zeros.
for size in [8, 12, 14, 120]:
    tests.append(test([float(d) for d in random.integers(-3, 6, size)]))

volumes = []
for size in [1, 5, 20, 100]:
    for _ in range(3):
        points = [[round(float(c), 4) for c in point] for point in random.random((size, 3))]
        reference = [1.0, 0.9, 1.1]
        volumes.append(dict(points=points, reference=reference,
                            volume=float(moocore.hypervolume(np.array(points), ref=np.array(reference)))))

folder = pathlib.Path(__file__).parent
for name, rows in dict(tests=tests, volumes=volumes).items():
    (folder / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
