"""The people of the demo. Their password is their name, for Django's admin; elsewhere a button logs in."""

from __future__ import annotations

from dataclasses import dataclass

from raseed_shops.clinic.people import OWNER, PATIENT, STAFF
from raseed_shops.puja.people import OFFICE
from raseed_shops.services.people import CLIENT, TECHNICIAN


@dataclass(frozen=True)
class Person:
    """A log-in of the demo and what this person is here for. `shop` is where; empty: in all of them."""

    username: str
    first_name: str
    role: str
    shop: str = ""
    groups: tuple[str, ...] = ()
    is_staff: bool = False


PEOPLE = [
    Person("ana", "Ana", "posts errands and pays for them", "errands"),
    Person("ben", "Ben", "does errands", "errands"),
    Person("carla", "Carla", "does both", "errands"),
    Person("paula", "Paula", "a patient with bills to pay", "clinic", (PATIENT,)),
    Person("pedro", "Pedro", "another patient", "clinic", (PATIENT,)),
    Person("sofia", "Sofia", "staff: sends bills, refunds", "clinic", (STAFF,)),
    Person("oscar", "Oscar", "owns the clinic", "clinic", (OWNER,)),
    Person("alice", "Alice", "posts jobs; her wallet has US dollars", "marketplace"),
    Person("elena", "Elena", "posts jobs; her wallet has euros", "marketplace"),
    Person("bob", "Bob", "a freelancer", "marketplace"),
    Person("meera", "Meera", "books pujas and pays for them", "puja"),
    Person("arjun", "Arjun", "another devotee", "puja"),
    Person("tara", "Tara", "the temple's office: sees what waits", "puja", (OFFICE,)),
    Person("amira", "Amira", "a client with a balance", "services", (CLIENT,)),
    Person("karim", "Karim", "another client", "services", (CLIENT,)),
    Person("hassan", "Hassan", "a plumber", "services", (TECHNICIAN,)),
    Person("nour", "Nour", "an electrician", "services", (TECHNICIAN,)),
    Person("staff", "Staff", "sees every payment in the admin", is_staff=True),
]
