"""The mark of tests that let the data set's own program judge solutions of technician routing.

It belongs to the data set, which lies beside the checkout. No test may need that, so a clean clone leaves these out and
says so.
"""

import pytest

from bench import trsp

needs_judge = pytest.mark.skipif(not trsp.JUDGE.exists(), reason="the judge lies beside the checkout")
