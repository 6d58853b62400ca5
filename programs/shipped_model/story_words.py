# SPDX-License-Identifier: Apache-2.0
"""The words of the stories: names, animals, places, weather, habits, lessons."""

GIRLS = "Mia Lily Anna Rosa Ella Nora Ruby Zoe Ivy Clara June Tess".split()
BOYS = "Tom Ben Sam Leo Max Finn Jack Theo Noah Otis Hugo Eli".split()
PET_NAMES = "Pip Momo Dot Bramble Nutmeg Pepper Biscuit Willow Hazel Tumble Fern Button".split()

# Animals that can play a main part, with words that suit them.
ANIMALS = {
    "rabbit": "small|white|soft",
    "fox": "red|clever|young",
    "bear": "brown|big|gentle",
    "mouse": "tiny|gray|quick",
    "duck": "yellow|fluffy|cheerful",
    "frog": "green|bouncy|small",
    "squirrel": "red|busy|quick",
    "hedgehog": "round|shy|little",
    "turtle": "slow|patient|green",
    "kitten": "black|striped|playful",
    "puppy": "spotted|brown|playful",
    "pig": "pink|round|merry",
}
HELPERS = [  # (name in a sentence, pronouns)
    ("Grandma", "she"),
    ("Grandpa", "he"),
    ("Mom", "she"),
    ("Dad", "he"),
    ("Aunt May", "she"),
    ("Uncle Joe", "he"),
    ("Mrs. Brown", "she"),
    ("Mr. Hill", "he"),
    ("the old owl", "he"),
    ("the wise old goat", "she"),
    ("the kind baker", "he"),
    ("the farmer", "she"),
]
FAMILY = HELPERS[:6]
PRONOUNS = {"he": ("he", "him", "his"), "she": ("she", "her", "her")}

HOMES = [
    "in a small house by the sea",
    "in a cozy house near the forest",
    "on a farm at the foot of a hill",
    "in a blue house at the end of the road",
    "in a quiet village by a river",
    "in a little house with a red door",
    "near a big green meadow",
    "beside a round pond",
]
TRAITS = ["curious", "kind", "brave", "cheerful", "gentle", "clever", "quiet", "careful"]
COLORS = ["red", "blue", "yellow", "green", "purple", "orange", "white"]
OUTDOORS = ["park", "garden", "forest", "meadow", "beach", "farm", "hill", "orchard"]
AT = {
    "park": "in the park",
    "garden": "in the garden",
    "forest": "in the forest",
    "meadow": "in the meadow",
    "beach": "on the beach",
    "farm": "on the farm",
    "hill": "on the hill",
    "orchard": "in the orchard",
}
WEATHER = [
    "the sun was warm and bright",
    "the sky was clear and blue",
    "a soft wind was blowing",
    "the birds were singing",
    "the air smelled of flowers",
    "little white clouds drifted by",
]
HABITS = [
    "{H} liked to [sing|hum a tune|tell jokes] all day long.",
    "Every morning, {he} [ate a big breakfast|said hello to the sun|fed the birds].",
    "{He} loved [stories|long walks|warm summer days|the smell of rain].",
    "{He} always wore [a green coat|a red cap|yellow boots].",
    "{His} best friend was {f}.",
    "{H} knew the name of every [bird|flower|star].",
    "{H} liked {color} things best of all.",
]
FOODS = ["apple", "piece of bread", "carrot", "cookie", "pear", "slice of cheese", "handful of berries", "warm bun"]
HAPPY = ["happy", "glad", "proud", "full of joy", "very pleased"]
MORALS = {
    "help": [
        "a little help can mean a lot",
        "it is good to help others",
        "friends can solve almost any problem together",
    ],
    "try": ["it is good to keep trying", "every big thing starts with a small step", "practice makes hard things easy"],
    "share": [
        "sharing makes every game better",
        "a good thing is even better with a friend",
        "two can have more fun than one",
    ],
    "brave": ["being brave means trying even when you are afraid", "many scary things are not so scary up close"],
    "truth": ["telling the truth is always best", "a brave heart tells the truth"],
    "wait": ["good things take time", "it is good to be patient"],
    "plan": ["a bad day can still turn into a good one", "there is always another way to have fun"],
    "kind": ["kindness makes new friends", "a kind word can open any door"],
}
