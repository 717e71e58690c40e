"""The experimental evidence that the samples are independent and N(0,1): `make stats`."""

import os

# Each thread of the engine multiplies its own matrices. NumPy reads this setting when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
