"""What others are told of history: lineage and spans, made of rows, sent until they are taken."""
