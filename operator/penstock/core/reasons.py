"""Every reason that conditions, statuses, events and errors give, with what it means."""

from enum import StrEnum


class Reason(StrEnum):
    """One CamelCase word for why something is as it is. `doc` says what it means to a user."""

    doc: str

    def __new__(cls, word: str, doc: str) -> "Reason":
        member = str.__new__(cls, word)
        member._value_ = word
        member.doc = doc
        return member

    @classmethod
    def of(cls, word: str | None) -> "Reason | None":
        """The reason of that word; None for words that are not (or no longer) reasons."""
        return cls._value2member_map_.get(word)  # type: ignore[return-value]

    # What is wrong with a manifest
    INVALID_FIELD = "InvalidField", "A field is unknown, missing, malformed or out of range."
    INVALID_VALUE = "InvalidValue", "A value is not of the declared type or not among the allowed ones."
    INVALID_QUANTITY = "InvalidQuantity", "An amount of a resource is not a quantity or is negative."
    INVALID_EXPRESSION = "InvalidExpression", "A CEL expression does not compile."
    CYCLE = "Cycle", "Steps wait for one another in a circle."
    UNKNOWN_STEP = "UnknownStep", "A reference names a step that is not there."
    UNKNOWN_OUTPUT = "UnknownOutput", "A reference names an output that the step does not declare."
    UNKNOWN_PARAMETER = "UnknownParameter", "A reference names a parameter that is not declared."
    UNKNOWN_VARIABLE = "UnknownVariable", "A reference names a forEach variable, or a field of one, that is not there."
    UNKNOWN_INPUT = "UnknownInput", "A step gives an input that its Component does not declare."
    MISSING_INPUT = "MissingInput", "A step does not give an input that its Component requires."
    UNKNOWN_COMPONENT = "UnknownComponent", "A step names a Component that does not exist or may not be used from here."
    COMPONENT_CYCLE = "ComponentCycle", "A Component contains itself, or graphs are nested too deeply."
    DUPLICATE_NAME = "DuplicateName", "Two things have the same name, or become the same INPUT_ variable."
    TYPE_MISMATCH = "TypeMismatch", "What is wired in has another type than what is declared."
    MISSING_IMAGE = "MissingImage", "A step has no image, and the defaults give none."
    NO_STORAGE = "NoStorage", "A step has artifacts but the Pipeline declares no storage."
    TOO_MANY_STEPS = "TooManySteps", "The Pipeline grows beyond the number of Steps that is allowed."
    NOT_FOR_STANDALONE = "NotForStandalone", "A Step on its own cannot use this field."
    NAME_CONFLICT = "NameConflict", "An object of the wanted name exists and belongs to somebody else."
    WRITE_REFUSED = (
        "WriteRefused",
        "The API server does not take, or does not keep, what the operator writes; it is tried again and again.",
    )

    # Why a step waits
    WAITING_FOR_DEPENDENCIES = "WaitingForDependencies", "Steps that this one depends on have not ended."
    WAITING_FOR_APPROVAL = "WaitingForApproval", "Somebody must approve; see the message for the command."
    WAITING_FOR_RESOURCES = "WaitingForResources", "The cluster has no room for the step's requests now."
    OUTRANKED = "Outranked", "There is room, but not after the steps that go first."
    PARALLELISM = "Parallelism", "As many steps run at once as spec.parallelism or maxParallel allows."
    RESERVED = "ReservedForHigherRank", "There is room, but a step that goes first has a dated claim on it."
    PLANNED_LATER = "PlannedLater", "There is room; by the plan, all ends sooner if others have it first."
    QUOTA_EXCEEDED = "QuotaExceeded", "A ResourceQuota of the namespace leaves no room."
    QUEUED_BY_KUEUE = "QueuedByKueue", "The Job is handed to Kueue, which has not admitted it yet, or has preempted it."
    SUSPENDED = "Suspended", "The Pipeline is suspended; set spec.suspend to false to go on."
    REPLACING = "Replacing", "What counts no more is ending: the pod of a step that changed, was stopped or removed."
    BACKOFF = "Backoff", "An attempt failed; the next one waits."
    STARTING = "Starting", "The Job is being made, or its container has not started yet."
    RUNNING = "Running", "The container runs; of a Pipeline: steps run, or follow one another."

    # How a step ended
    COMPLETED = "Completed", "Everything ended well."
    REUSED = "Reused", "A held result with the same fingerprint was taken; nothing ran."
    APPROVED = "Approved", "Somebody approved."
    REJECTED = "Rejected", "Somebody rejected the approval."
    APPROVAL_TIMED_OUT = "ApprovalTimedOut", "Nobody decided within the approval's timeout."
    CONDITION_FALSE = "ConditionFalse", "The `when` expression is false."
    DEPENDENCY_FAILED = "DependencyFailed", "A step that this one needs failed."
    DEPENDENCY_SKIPPED = "DependencySkipped", "A step that this one needs was skipped or cancelled."
    OUTCOME_NOT_MET = "OutcomeNotMet", "A step ended otherwise than `after` asks for."
    PIPELINE_FAILED = "PipelineFailed", "Another step failed and the Pipeline starts nothing new."
    ERROR = "Error", "The container exited with a code other than 0."
    OOM_KILLED = "OOMKilled", "The container used more memory than its limit."
    DEADLINE = "Deadline", "An attempt ran longer than its timeout."
    START_FAILED = "StartFailed", "The container did not start in time: image, volume, admission or configuration."
    DISRUPTED = "Disrupted", "The pod was evicted, preempted or lost with its node."
    LOST = "Lost", "The Job or its pod was deleted by somebody else."
    OUTPUTS_INVALID = (
        "OutputsInvalid",
        "The outputs are not JSON, miss a declared one or have the wrong type, or an artifact cannot be handed on.",
    )
    FETCH_FAILED = "FetchFailed", "The artifacts that the step reads could not be brought from the object store."
    PUBLISH_FAILED = "PublishFailed", "The step ended well, but its artifacts could not be stored."
    OUTPUTS_TOO_LARGE = "OutputsTooLarge", "The outputs are larger than the 4,096 bytes that a container may report."
    INPUT_TOO_LARGE = "InputTooLarge", "An input exceeds 100 KiB, or all inputs together 256 KiB."
    INPUT_INVALID = "InputInvalid", "An input is not of the declared type or cannot be an environment variable."
    EXPRESSION_ERROR = "ExpressionError", "A CEL expression could not be evaluated."
    INVALID_LIST = "InvalidList", "What a fan-out runs over is not a list, or is too long."
    NEVER_FITS = "NeverFits", "The step asks for more than any node or quota has, even when all is idle."

    # Pipelines
    ACCEPTED = "Accepted", "The manifest is valid."
    INVALID = "Invalid", "The manifest is not valid; status.problems says where and why."
    PREPARING = "Preparing", "The steps are being made or are about to start; none has run yet."
    WAITING = "Waiting", "Steps wait and none runs; the message says for what."
    FAILED = "Failed", "A step failed."
    STOPPING = "Stopping", "A step failed; running steps finish and nothing new starts."
    FINALLY = "Finally", "All other steps have ended; the steps of `finally` run."
    UNDOING = "Undoing", "A step failed; effects are being taken back."
    UNDONE = "Undone", "Everything that was done has been taken back."
    UNDO_FAILED = "UndoFailed", "An undo failed; the effect of that step is still there."
    CANCELLING = "Cancelling", "spec.cancel is true; running steps are being stopped."
    CANCELLED = "Cancelled", "spec.cancel was set; set it to false to go on."
    TIMED_OUT = "TimedOut", "The Pipeline ran longer than spec.timeout."
    STORAGE_FAILED = "StorageFailed", "The claim for artifacts cannot be had."

    # What somebody should look at, though nothing has failed
    STEP_OVERDUE = "StepOverdue", "A step runs far longer than it is known to take."
    QUEUE_STALLED = "QueueStalled", "Steps wait, none runs, and none has started or ended for long."
    PAST_ETA = "PastETA", "The Pipeline should have ended by now."
    ON_TIME = "OnTime", "What was late has ended or moved on."

    # PipelineSchedules
    ON_SCHEDULE = "OnSchedule", "Ticks create Pipelines as they come."
    PIPELINE_CREATED = "PipelineCreated", "A tick came and its Pipeline was created."
    PIPELINE_REPLACED = "PipelineReplaced", "A tick came while an earlier Pipeline ran, which was deleted."
    HISTORY_LIMIT = "HistoryLimit", "More Pipelines had ended than the history limits keep."
    STILL_ACTIVE = "StillActive", "A tick came while an earlier Pipeline runs, and concurrencyPolicy is Forbid."
    MISSED_TICKS = "MissedTicks", "Ticks came while nothing could be created; of several, only the last is run."
    TOO_LATE = "TooLate", "A tick was missed for longer than startingDeadlineSeconds."
    BACKFILLING = "Backfilling", "Ticks of the past are being run."
    CREATE_FAILED = "CreateFailed", "The Pipeline of a tick was refused."


HELD_BACK = frozenset(
    {
        Reason.WAITING_FOR_RESOURCES,
        Reason.OUTRANKED,
        Reason.RESERVED,
        Reason.PLANNED_LATER,
        Reason.QUOTA_EXCEEDED,
        Reason.NEVER_FITS,
    }
)
"""What admission holds Steps back for."""
