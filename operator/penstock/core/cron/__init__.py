"""PipelineSchedules: ticks of cron lines, and which Pipelines there should be because of them."""
