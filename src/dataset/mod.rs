//! Datasets: the MMSA pickle layout, the built-in demo, normalisation, batches (METHOD.md, data files).
