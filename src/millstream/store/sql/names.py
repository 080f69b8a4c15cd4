"""Names for runs and models that were given none: `brisk-heron-417`."""

from __future__ import annotations

import random

_PREDICATES = (
    "agile amber ample arctic autumn azure balmy bold brave breezy bright brisk bronze calm candid "
    "cheery civil classy clear clever coastal copper cosmic cozy crisp curious daring dapper deep "
    "eager early easy elegant fair famous fancy fast festive fine firm fleet fond frank free "
    "fresh gentle glad gold good grand green handy happy hardy hearty honest humble ideal jolly "
    "jovial keen kind lively loyal lucid lucky lunar lush mellow merry mighty mild modest neat "
    "nimble noble novel opal open patient placid plucky polite prime proud quick quiet rapid "
    "rare ready regal robust rosy royal rustic safe sage serene sharp shiny silent silver sincere "
    "sleek smart smooth snug solar solid spry stately steady stellar sturdy sunny swift tender "
    "tidy tranquil trusty upbeat valiant vast velvet vivid warm wise witty young zesty"
)
_NOUNS = (
    "acorn alder anchor apple aspen badger basin bay beacon beaver birch bison bloom breeze brook "
    "canyon cedar cliff cloud clover comet coral cove crane creek crow dale dawn deer delta dove "
    "dune eagle ember falcon fern field finch fjord flint forest fox frost gale garnet geyser "
    "glade glen grove gull harbor hare hawk hazel heron hill horizon ibis iris island ivy jay "
    "juniper kelp lake lark laurel leaf lily lotus lynx maple marsh meadow mesa mill mist moon "
    "moss oak ocean orchid osprey otter owl pebble pine plain planet pond poplar prairie quail "
    "quartz rain raven reed reef ridge river robin sail sea seal shell shore sky slope snow "
    "spark sparrow spring spruce star stone storm stream summit swan thicket thrush tide trout "
    "valley wave willow wind wolf wren"
)
_LONGEST = 20


def random_name() -> str:
    """`<predicate>-<noun>-<0..999>`, at most 20 characters."""
    predicates, nouns = _PREDICATES.split(), _NOUNS.split()
    pick = random.SystemRandom().choice  # so that forked processes do not pick the same
    while True:
        name = f"{pick(predicates)}-{pick(nouns)}-{pick(range(1000))}"
        if len(name) <= _LONGEST:
            return name
