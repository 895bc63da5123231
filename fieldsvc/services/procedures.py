"""Job types and the procedures they have by version; a visit keeps the one it was sent out with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.procedures import Point, procedure_faults
from fieldsvc.models.job_types import JobType
from fieldsvc.models.procedures import Procedure
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import touch


@dataclass(frozen=True, slots=True)
class JobTypeView:
    """A job type with its newest procedure, if it has one."""

    job_type: JobType
    procedure: Procedure | None

    @property
    def id(self) -> UUID:
        """Return the job type's id."""
        return self.job_type.id

    @property
    def version(self) -> int:
        """Return the job type's version; a new procedure makes a new one."""
        return self.job_type.version

    @property
    def procedure_id(self) -> UUID | None:
        """Return the id of the newest procedure."""
        return None if self.procedure is None else self.procedure.id


def list_job_types(session: OrmSession, page: PageRequest) -> Page[JobTypeView]:
    """Return all job types by their code."""
    found = fetch_page(session, select(JobType), [JobType.code], page)
    newest = newest_procedures(session, [one.id for one in found.items])
    return Page([JobTypeView(one, newest.get(one.id)) for one in found.items], found.next_after)


def get_job_type(session: OrmSession, job_type_id: UUID) -> JobTypeView:
    """Return one job type."""
    job_type = session.get(JobType, job_type_id)
    if job_type is None:
        raise NotFound(f"There is no job type {job_type_id}.")
    return JobTypeView(job_type, newest_procedures(session, [job_type_id]).get(job_type_id))


def get_procedure(session: OrmSession, procedure_id: UUID) -> Procedure:
    """Return one version of a procedure, whether it is the newest or not."""
    procedure = session.get(Procedure, procedure_id)
    if procedure is None:
        raise NotFound(f"There is no procedure {procedure_id}.")
    return procedure


def publish_procedure(
    uow: UnitOfWork, job_type_id: UUID, points: Sequence[Point], version: int | None = None
) -> JobTypeView:
    """Give a job type its next procedure, which visits have from their next dispatch on."""
    job_type = uow.get(JobType, job_type_id, lock=True, version=version)
    faults = procedure_faults(points)
    if faults:
        raise Invalid("The procedure can't be published like this.", faults=faults)
    newest = select(func.coalesce(func.max(Procedure.procedure_version), 0)).where(Procedure.job_type_id == job_type_id)
    procedure = Procedure(
        id=uow.new_id(),
        job_type_id=job_type.id,
        procedure_version=uow.session.scalars(newest).one() + 1,
        points=[asdict(point) for point in points],
        published_at=uow.now,
    )
    uow.session.add(procedure)
    touch(job_type)
    data = {"job_type_id": job_type.id, "procedure_version": procedure.procedure_version}
    uow.record(procedure, "procedure_published", data=data)
    return JobTypeView(job_type, procedure)


def change_job_type(
    uow: UnitOfWork, job_type_id: UUID, changes: Mapping[str, object], version: int | None
) -> JobTypeView:
    """Change what holds for visits that are drafted from now on; what is not named stays."""
    job_type = uow.get(JobType, job_type_id, lock=True, version=version)
    different = {name: value for name, value in changes.items() if getattr(job_type, name) != value}
    for name, value in different.items():
        setattr(job_type, name, value)
    if different:
        uow.record(job_type, "job_type_changed", data={"fields": sorted(different)})
    return JobTypeView(job_type, newest_procedures(uow.session, [job_type_id]).get(job_type_id))


def newest_procedures(session: OrmSession, job_type_ids: Collection[UUID]) -> Mapping[UUID, Procedure]:
    """Return the newest procedure of each job type that has one."""
    of_types = select(Procedure).where(Procedure.job_type_id.in_(job_type_ids))
    ordered = session.scalars(of_types.order_by(Procedure.procedure_version))
    return {one.job_type_id: one for one in ordered}
