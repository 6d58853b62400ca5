# SPDX-License-Identifier: Apache-2.0
"""Seeded generator of short children's stories, from a hand-written grammar.

Every sentence, name and word list of the grammar was written for this project.
A story is 60 to 165 words of ASCII text. The same seed gives the same stories.

Usage: python story_generator.py [count] [seed] [mirror]
"""

import random
import sys

from story_grammar import Story
from tales_at_home import making, skill, birthday, honesty, garden, strange_sound, bedtime
from tales_of_friends import lost_thing, weather_plan, shy_friend, rescue, sharing, afraid
from tales_on_the_way import errand, treasure, race, way_home, sick_friend, small_pet, little_cloud

MIN_WORDS, MAX_WORDS = 60, 165

SKELETONS = [
    lost_thing,
    weather_plan,
    shy_friend,
    rescue,
    sharing,
    afraid,
    making,
    skill,
    birthday,
    honesty,
    garden,
    strange_sound,
    bedtime,
    errand,
    treasure,
    race,
    way_home,
    sick_friend,
    small_pet,
    little_cloud,
]


def stories(seed, mirror=False):
    """Yield stories for ever; the seed fixes them all.

    With mirror, the friend's likeliest names are the hero's unlikeliest, so
    that a model's first choice for the friend is not the hero's name.
    """
    rng = random.Random(seed)
    while True:
        story = Story(rng, mirror)
        story.pick(SKELETONS)(story)
        text = story.text()
        if MIN_WORDS <= len(text.split()) <= MAX_WORDS:
            yield text


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    mirror = sys.argv[3:] == ["mirror"]
    for _, text in zip(range(count), stories(seed, mirror)):
        print(text + "\n")


if __name__ == "__main__":
    main()
