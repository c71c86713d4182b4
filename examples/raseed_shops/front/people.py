"""The people of the demo. Their password is their name, for Django's admin; elsewhere a button logs in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A log-in of the demo and what this person is here for."""

    username: str
    first_name: str
    role: str
    is_staff: bool = False


PEOPLE = [
    Person("ana", "Ana", "posts errands and pays for them"),
    Person("ben", "Ben", "does errands"),
    Person("carla", "Carla", "does both"),
    Person("staff", "Staff", "sees every payment in the admin", is_staff=True),
]
