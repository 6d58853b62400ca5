# SPDX-License-Identifier: Apache-2.0
"""How a story is made: choices, slots, a cast, and the lines that open and close it.

Sentence templates use two notations:
  [a|b|c]  one of the alternatives, chosen at random, the first most often;
  {key}    a slot filled from the story's cast and props. The hero has the
           keys h, he, him, his; the friend f, fe, fim, fis; the helper g, ge,
           gim, gis. A capital first letter capitalises the slot's text.
"""

import re

from story_words import (
    ANIMALS,
    AT,
    BOYS,
    COLORS,
    FAMILY,
    FOODS,
    GIRLS,
    HABITS,
    HAPPY,
    HELPERS,
    HOMES,
    MORALS,
    OUTDOORS,
    PET_NAMES,
    PRONOUNS,
    TRAITS,
    WEATHER,
)

SKEW = 0.6  # the item of rank r has weight (r + 1) ** -SKEW


def capital(text):
    """Upper-case the first letter."""
    return text[:1].upper() + text[1:]


def an(noun):
    """The noun with its indefinite article."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


class Story:
    """One story: its random source, its filled slots and the text so far."""

    def __init__(self, rng, mirror=False):
        self.rng = rng
        self.mirror = mirror
        self.slots = {}
        self.sentences = []
        self.water = False  # the hero is at home in the water

    def pick(self, items):
        """Pick an item; earlier ones are likelier, so that a model can have a clear favourite."""
        return self.rng.choices(items, [(rank + 1) ** -SKEW for rank in range(len(items))])[0]

    def pick_but(self, unfit, items):
        """Pick one of the tuples whose first field is not unfit."""
        return self.pick([item for item in items if item[0] != unfit])

    def fill(self, **slots):
        """Set slots; values are plain text."""
        self.slots.update(slots)

    def cast(self, prefix, name, pronoun):
        """Give a character's name and pronouns to the slots of its role."""
        he, him, his = PRONOUNS[pronoun]
        self.fill(**{prefix: name})
        keys = ("he", "him", "his") if prefix == "h" else (prefix + "e", prefix + "im", prefix + "is")
        self.fill(**dict(zip(keys, (he, him, his))))

    def expand(self, template):
        """Resolve the choices, innermost first, then the slots."""
        inner = re.compile(r"\[([^\[\]]*)\]")
        while "[" in template:
            template = inner.sub(lambda m: self.pick(m.group(1).split("|")), template, count=1)

        def slot(match):
            key = match.group(1)
            if key in self.slots:
                return self.slots[key]
            return capital(self.slots[key[0].lower() + key[1:]])

        return re.sub(r"\{(\w+)\}", slot, template)

    def say(self, *templates):
        """Append each template as text."""
        self.sentences += [self.expand(t) for t in templates]

    def maybe(self, chance, *templates):
        """Append the templates with the given probability."""
        if self.rng.random() < chance:
            self.say(*templates)

    def text(self):
        return " ".join(" ".join(self.sentences).split())


def choose_being(s, animal_chance, taken=()):
    """Pick (name, pronoun, description, species or '') for a character not in taken."""
    order = -1 if taken and s.mirror else 1
    while True:
        if s.rng.random() < animal_chance:
            species = s.pick(list(ANIMALS))
            name, pronoun = s.pick(PET_NAMES[::order]), s.pick(["he", "she"][::order])
            what = s.pick(ANIMALS[species].split("|")) + " " + species
        else:
            species, pronoun = "", s.pick(["he", "she"][::order])
            name = s.pick((GIRLS if pronoun == "she" else BOYS)[::order])
            what = s.pick(["little", "small", s.pick(TRAITS)]) + (" girl" if pronoun == "she" else " boy")
        if name not in taken and (not species or species not in taken):
            return name, pronoun, what, species


def open_story(s, animal_chance=0.4):
    """Introduce the hero, and choose the friend, the helper and the place."""
    name, pronoun, what, species = choose_being(s, animal_chance)
    s.cast("h", name, pronoun)
    s.water = species in ("duck", "frog", "turtle")
    other = choose_being(s, 0.9 if species else 0.2, (name, species))
    s.cast("f", other[0], other[1])
    helper = s.pick(HELPERS[8:10] + FAMILY[:4] if species else HELPERS)
    s.cast("g", *helper)
    place = s.pick(OUTDOORS)
    s.fill(
        what=an(what),
        fwhat=an(other[2]),
        home=s.pick(HOMES),
        trait=s.pick([trait for trait in TRAITS if trait not in what]),
        place=place,
        at=AT[place],
        weather=s.pick(WEATHER),
        color=s.pick(COLORS),
        food=s.pick(FOODS),
        happy=s.pick(HAPPY),
        time=s.pick(["morning", "afternoon", "day"]),
    )
    s.say(
        s.pick(
            [
                "Once upon a time, there was {what} named {h}. {He} lived {home}.",
                "Once upon a time, {what} named {h} lived {home}.",
                "Once upon a time, there was {what} named {h}.",
                "There was once {what} named {h}. {He} lived {home}.",
                "{H} was {what} who lived {home}.",
                "{H} was {what}. Everyone said that {he} was very {trait}.",
                "In a place not far away, there lived {what} named {h}.",
            ]
        )
    )
    s.maybe(0.35, s.pick(HABITS))


def one_day(s):
    """A sentence opening that starts the action."""
    return s.pick(["One {time}", "One sunny {time}", "One [spring|summer|bright] {time}", "One quiet {time}"])


def close(s, moral):
    """Closing lines: a feeling, a habit or a lesson."""
    s.fill(moral=s.pick(MORALS[moral]))
    s.say(
        s.pick(
            [
                "From that day on, {h} knew that {moral}.",
                "{H} learned that {moral}.",
                "{H} smiled. Now {he} knew that {moral}.",
                "That night, {h} went to sleep with a [big|happy|warm] smile.",
                "It was the best day {h} could remember.",
                "And {h} felt {happy} for the rest of the day.",
                '"[What a day|What a lovely day|I will never forget this day]!" said {h}.',
                "At bedtime, {h} thought about the day and knew that {moral}.",
            ]
        )
    )
