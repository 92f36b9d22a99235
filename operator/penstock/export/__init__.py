"""History that outlives its objects: what Pipelines and Steps tell of themselves, as rows of a SQL database."""
