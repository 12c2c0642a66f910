"""Mark (留痕): every copy that leaves says which copy it is.

A release is planned (``plan_copy``) and committed in the ledger before its copy exists; then ``embed`` writes secret
choices between harmless forms of a remark and adds invented people whose numbers are nobody's. When a list turns up,
``recover`` reads the choices back, as e-values of mean 1 for every innocent copy, and lists the canaries it holds.
"""

from dyepack.mark.canary import Canary as Canary
from dyepack.mark.canary import CanaryKind as CanaryKind
from dyepack.mark.canary import invent as invent
from dyepack.mark.codeword import CopyKeys as CopyKeys
from dyepack.mark.codeword import Position as Position
from dyepack.mark.codeword import commitments as commitments
from dyepack.mark.codeword import derive_keys as derive_keys
from dyepack.mark.decoder import log10_rounded as log10_rounded
from dyepack.mark.embed import MarkedCopy as MarkedCopy
from dyepack.mark.embed import embed as embed
from dyepack.mark.errors import KeyUnavailableError as KeyUnavailableError
from dyepack.mark.errors import LinesExhaustedError as LinesExhaustedError
from dyepack.mark.errors import MarkError as MarkError
from dyepack.mark.manifest import Manifest as Manifest
from dyepack.mark.planting import MarkPlan as MarkPlan
from dyepack.mark.planting import plan_copy as plan_copy
from dyepack.mark.ports import CanaryLines as CanaryLines
from dyepack.mark.ports import InUse as InUse
from dyepack.mark.ports import KeyCommitments as KeyCommitments
from dyepack.mark.ports import MarkAsk as MarkAsk
from dyepack.mark.ports import MarkKeys as MarkKeys
from dyepack.mark.ports import ReleaseRow as ReleaseRow
from dyepack.mark.recover import LeakedTable as LeakedTable
from dyepack.mark.recover import Recovery as Recovery
from dyepack.mark.recover import recover as recover
from dyepack.mark.sighting import Numbers as Numbers
from dyepack.mark.variant import Rules as Rules
from dyepack.mark.variant import shipped_rules as shipped_rules
from dyepack.mark.variant_check import check_rules as check_rules
