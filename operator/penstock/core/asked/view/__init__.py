"""What a page shows of Pipelines: rows of plain values, and how they change."""
