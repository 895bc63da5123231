"""The routes, a module per noun. A new resource is added to the list here."""

from flask import Blueprint as RootBlueprint

from api.blueprint import Blueprint
from api.resources import auth, docs, explanations, health, me, runs

BLUEPRINTS: tuple[Blueprint, ...] = (
    auth.blueprint,
    me.blueprint,
    runs.blueprint,
    explanations.blueprint,
)
ROOT_BLUEPRINTS: tuple[RootBlueprint, ...] = (health.blueprint, docs.blueprint)
