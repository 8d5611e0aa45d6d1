"""Ranges of bytes over HTTP and S3: few, large, side by side."""
