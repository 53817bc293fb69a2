"""What runs longer than a page, or is compared over many runs: one module an experiment."""
