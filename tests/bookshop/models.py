"""A small shop to test with."""

from django.db import models


class Book(models.Model):
    """Something to pay for; `given` counts how often it was given."""

    title = models.CharField(max_length=50)
    price_minor = models.IntegerField(default=20000)
    given = models.IntegerField(default=0)
    revoked = models.IntegerField(default=0)
    note = models.TextField(default="", blank=True)

    def __str__(self):
        return self.title


class Parcel(models.Model):
    """Something that paying creates."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE)

    def __str__(self):
        return f"parcel of {self.book}"
