"""`{% load figures %}`: numbers and units in templates."""

from django import template

from turash import figures

register = template.Library()
register.filter("figure", figures.figure)
register.filter("between", figures.between)
register.filter("distance", figures.distance)
register.filter("percent", figures.percent)
register.filter("unit", figures.unit)
