# SPDX-License-Identifier: Apache-2.0
"""Seeded generator of short children's stories, from a hand-written grammar.

Every sentence, name and word list in this file was written for this project.
A story is 60 to 165 words of ASCII text. The same seed gives the same stories.

Sentence templates use two notations:
  [a|b|c]  one of the alternatives, chosen at random, the first most often;
  {key}    a slot filled from the story's cast and props. The hero has the
           keys h, he, him, his; the friend f, fe, fim, fis; the helper g, ge,
           gim, gis. A capital first letter capitalises the slot's text.

Usage: python story_generator.py [count] [seed]
"""

import random
import re
import sys

MIN_WORDS, MAX_WORDS = 60, 165
SKEW = 0.6  # the item of rank r has weight (r + 1) ** -SKEW

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


def lost_thing(s):
    """A loved thing is lost in a certain way and found where that way leads."""
    open_story(s)
    thing = s.pick(["kite", "ball", "hat", "scarf", "toy boat", "balloon", "drum", "button", "book", "bell"])
    s.fill(thing=thing, athing=an(s.slots["color"] + " " + thing))
    light = thing in ("kite", "hat", "scarf", "balloon")
    way = "wind" if light else s.pick(["hole", "roll" if thing in ("ball", "button", "drum") else "forget"])
    s.say("{H} had {athing}[ that {he} loved very much|. It was {his} favorite thing in the world|, a gift from {g}].")
    s.say(one_day(s) + ", {h} took the {thing} [to the {place}|along on a walk to the {place}]. {Weather}.")
    if way == "wind":
        spot = s.pick(["high up in a tree", "on top of a bush", "on the roof of a barn"])
        s.say(
            "[Suddenly|Then|All at once], a strong wind came and [blew the {thing} away|pulled the {thing} into the"
            " air]."
        )
        clue = s.pick(
            ["The wind came from the pond, so we should look over there", "Things that fly away like to land up high"]
        )
    elif way == "hole":
        spot = s.pick(["on the path", "in the tall grass", "between two stones"])
        s.say(
            "When {he} got there, {he} looked in {his} bag. The {thing} was gone! There was a [big|small] hole in the"
            " bag."
        )
        clue = s.pick(
            ["It must have dropped out on the way", "Then it fell out as you walked. We should go back slowly"]
        )
    elif way == "roll":
        spot = s.pick(["at the bottom of the hill", "under a bush", "beside the stream"])
        s.say("[Suddenly|Then|Oh no], {he} tripped on a root, and the {thing} rolled away [down the path|very fast].")
        clue = s.pick(["Round things roll down, so we should look down there", "It cannot have rolled very far"])
    else:
        spot = s.pick(["under the bench", "beside the old stone wall", "next to the well"])
        s.say(
            "{He} played and ran until it was time to go home. But where was the {thing}? {He} [could not remember|had"
            " put it down and forgotten it]."
        )
        clue = s.pick(["Where did you sit and rest", "Think about the last place where you played"])
    s.fill(spot=spot, clue=clue)
    s.say(
        "{H} looked [here and there|under the leaves|behind the trees|all around], but {he} could not find it. {He}"
        " [felt very sad|began to cry|sat down and sighed]."
    )
    s.say(
        '[Just then|After a while|Soon], {his} friend {f} came by. "[What is wrong|Why are you so sad|What happened]?"'
        " asked {f}.",
        '"[I lost my {thing}|My {thing} is gone|I cannot find my {thing}]," said {h}.',
    )
    s.say('"{clue}?" asked {f}.' if clue.startswith("Where") else '"{clue}," said {f}.')
    s.say(
        "They looked [together|side by side|very carefully]. [At last|Soon|Before long], they saw something {color}. It"
        " was the {thing}, {spot}!"
    )
    if "high" in spot or "top" in spot or "roof" in spot:
        s.say(
            "{F} [found a long stick|held a ladder|shook it gently], and the {thing} [came down|fell right into {h}'s"
            " arms]."
        )
    s.say(
        '"[Thank you|Thank you so much|You are a true friend], {f}!" said {h}. [They hugged and laughed.|They played'
        " with it until the sun went down.|]"
    )
    close(s, "help")


def weather_plan(s):
    """Bad weather spoils a plan, and another plan is found."""
    open_story(s)
    act, bad, indoor = s.pick(
        [
            ("have a picnic", "rain", "have the picnic on the floor"),
            ("fly a kite", "rain", "draw a huge kite on paper"),
            ("pick berries", "storm", "bake berry buns"),
            ("go to the beach", "storm", "build a boat out of boxes"),
            ("play ball", "snow", "build a snowman by the gate"),
            ("ride to the lake", "snow", "slide down the hill on a sled"),
            ("climb the hill", "fog", "build a hill of pillows"),
            ("sail a toy boat", "wind", "sail the boat in the bathtub"),
            ("paint outside", "wind", "paint pictures by the window"),
        ]
    )
    s.fill(act=act, bad=bad, indoor=indoor)
    s.say(
        "{H} wanted to {act} with {his} friend {f}. [They had planned it all week.|{He} could hardly wait.|They had"
        " talked about it for days.]"
    )
    s.say(
        "But [when {he} woke up|that morning|when the day came], "
        + {
            "rain": (
                "[rain was falling from a gray sky|dark clouds came and it began to rain]. [Drip, drop, drip, drop!|The"
                " path was full of puddles.]"
            ),
            "storm": (
                "[a storm shook the trees|thunder rolled over the hills]. [Boom! Boom!|Lightning flashed in the sky.]"
            ),
            "snow": (
                "[the whole world was white|snow covered the path and the trees]. [It was very cold.|The snow was deep"
                " and soft.]"
            ),
            "fog": (
                "[thick fog covered the land|a gray fog hid the hill]. [They could not see the path at all.|Even the"
                " trees were hidden.]"
            ),
            "wind": (
                "[a wild wind was blowing|the wind howled around the house]. [Leaves flew everywhere.|It blew hats off"
                " and bent the trees.]"
            ),
        }[bad]
    )
    s.say(
        '"[Oh no|Oh dear]! [Now we cannot {act}|We cannot {act} in this weather]," said {h}. {He} [felt sad|was close'
        " to tears|looked out at the sky and sighed]."
    )
    s.say(
        '{F} [thought for a moment|smiled|had an idea]. "[I know|Wait|Do not be sad]! We can {indoor}," said {f}[.|'
        " with a grin.]"
    )
    s.say(
        {
            "have the picnic on the floor": "They spread a blanket on the floor and put out bread, cheese and apples.",
            "draw a huge kite on paper": "They found paper and crayons and drew a kite with a very long tail.",
            "bake berry buns": (
                "They mixed flour, butter and the last berries from the jar. Soon the house smelled sweet."
            ),
            "build a boat out of boxes": "They pushed two boxes together and made a sail from an old sheet.",
            "build a snowman by the gate": "They rolled three big balls of snow and gave the snowman a carrot nose.",
            "slide down the hill on a sled": "They pulled the sled up the hill and raced down again and again.",
            "build a hill of pillows": "They put every pillow in one big pile and climbed up to the top.",
            "sail the boat in the bathtub": "They filled the tub with water and made waves with their hands.",
            "paint pictures by the window": "They painted the flying leaves in red, gold and brown.",
        }[indoor]
    )
    s.maybe(
        0.6,
        "{G} brought them [warm milk|hot soup|a plate of cookies] and {ge} [laughed too|sat down to watch|joined the"
        " fun].",
    )
    s.say(
        "[They laughed and laughed.|They had so much fun that they forgot the {bad}.|It was even better than the first"
        " plan.]"
    )
    s.maybe(
        0.6,
        "Later, the {bad} [stopped|went away], and [the sun came out|a bright rainbow stood over the hill|the stars"
        " came out one by one].",
    )
    close(s, "plan")


def shy_friend(s):
    """The hero meets a shy newcomer and makes a friend."""
    open_story(s)
    s.say("[{H} liked to walk {at}.|{H} often played alone {at}.|{H} knew every path {at}.]")
    s.say(
        one_day(s)
        + ", {he} saw someone [behind a tree|near the gate|sitting on a log|under a bush]. It was {fwhat}. {Fe} looked"
        " [lonely|sad|shy|a little scared]."
    )
    s.say(
        '"Hello! [My name is {h}|I am {h}]. What is your name?" asked {h}.',
        "[At first, there was no answer.|The newcomer looked down.|The newcomer hid a little more.] Then a quiet voice"
        ' said, "[I am {f}|My name is {f}]. [I am new here|I have no friends here|I just moved here]."',
    )
    how = s.pick(["food", "game", "show"])
    if how == "food":
        s.fill(afood=an(s.slots["food"]))
        s.say(
            "{H} [reached into {his} bag and took out|had brought] {afood}. {He} gave [it|most of it|half of it] to {f}"
            " with a smile."
        )
        s.say(
            '{F} [took a small bite|ate it all up|tasted it]. "[Yum! It is so good|This is very tasty|Thank you, you'
            ' are kind]," said {f}.'
        )
    elif how == "game":
        s.fill(game=s.pick(["hide and seek", "tag", "catch", "a jumping game"]))
        s.say(
            '"[Do you want to|Would you like to] play {game}?" asked {h}. {F} nodded slowly.',
            "They played {game} [around the trees|in the grass|until they were tired]. Soon {f} was"
            " [laughing|smiling|not shy at all].",
        )
    else:
        s.fill(
            wonder=s.pick(
                [
                    "a nest with three blue eggs",
                    "a pond full of frogs",
                    "a tree with a door in it",
                    "a field of yellow flowers",
                ]
            )
        )
        s.say(
            '"Come, I will show you something," said {h}. {He} led {f} to {wonder}.',
            '"[Oh|Wow]! It is [wonderful|so pretty|lovely]!" said {f}, and {fis} eyes began to shine.',
        )
    s.say(
        '["Can we meet again tomorrow?" asked {f}. "Of course," said {h}.|"Will you be my friend?" asked {f}. "Yes,"'
        ' said {h}, "I already am."|When the sun went down, they did not want to say goodbye.]'
    )
    s.maybe(
        0.6,
        "[After that|From then on], {h} and {f} [met every day|played together every morning|were the best of"
        " friends].",
    )
    close(s, "kind")


def rescue(s):
    """An animal is in trouble; a first try fails and a tool or helper saves it."""
    open_story(s, 0.3)
    s.cast("g", *s.pick(FAMILY + [("the farmer", "she")]))
    pet, where, trouble, tool, act = s.pick(
        [
            ("a little bird", "{at}", "tangled in a string", "a pair of scissors", "cut the string with great care"),
            ("a tiny lamb", "near the farm", "stuck in the mud", "a long rope", "pulled the rope until the mud let go"),
            (
                "a gray kitten",
                "in the orchard",
                "stuck high in a tree",
                "a tall ladder",
                "climbed up and held out a hand",
            ),
            (
                "a baby duck",
                "near the pond",
                "caught in the reeds",
                "a small net",
                "pushed the reeds away with the net",
            ),
            (
                "a small goat",
                "near the farm",
                "stuck in the fence",
                "a strong board",
                "used the board to lift the fence",
            ),
            (
                "a young owl",
                "in the forest",
                "lying on the ground under its nest",
                "a soft basket",
                "put it in the basket and set it back in the nest",
            ),
            (
                "a little fish",
                "near the pond",
                "trapped in a small puddle",
                "a bucket of water",
                "carried it back to the pond",
            ),
        ]
    )
    short = pet.split(" ", 1)[1]
    s.fill(pet=pet, short=short, trouble=trouble, tool=tool, act=act)
    s.say(
        one_day(s)
        + ", {h} was walking "
        + where
        + " when {he} [heard a small cry|heard a strange sound|saw something move]. {He} [went closer|ran to"
        " look|looked around]."
    )
    s.say(
        'There was {pet}, {trouble}. "[Oh, you poor thing|Do not be afraid|Hold on, little one]," said {h}. "I will'
        ' help you."'
    )
    s.say(
        "{H} [tried to help alone|tried with {his} own hands], but {he} [was not strong enough|could not do it|was too"
        " small]. The {short} [looked very scared|was getting tired|was shaking]."
    )
    s.say(
        'So {h} [ran to get|hurried to find|called for] {g}. "[Please come quickly|Please help|Come, we must hurry]!"'
        " {he} [said|cried].",
        "{G} [came at once with|brought|ran over with] {tool}. Together they {act}. [Slowly, slowly, it worked.|It was"
        ' hard work, but they did not give up.|"Easy now," said {g}.]',
    )
    s.say(
        "[At last|Finally|In a moment], the {short} was [safe|free]. It [looked at {h} with bright eyes|seemed to say"
        " thank you|gave a happy little "
        + ("splash" if "fish" in pet else "jump")
        + "]."
    )
    s.say('"[You were right to ask for help|You have a kind heart|Well done], {h}," said {g}.')
    s.maybe(
        0.6,
        "[The next day|A week later], {h} went back. The {short} was there, [as if it was waiting for {him}|playing in"
        " the sun|happy and well].",
    )
    close(s, "help")


def sharing(s):
    """Two friends want the same thing, quarrel, and find a fair way."""
    open_story(s)
    s.fill(thing=s.pick(["swing", "sled", "red wagon", "drum", "big ball", "toy train", "paint box", "little boat"]))
    s.say("{H} had a friend named {f}. They [did everything together|played together every day|liked the same games].")
    s.say(
        one_day(s)
        + ', they found a {thing} {at}. "[I saw it first|It is mine|I want to use it]!" said {h}. "[No, I saw it'
        ' first|No, it is mine|I want it too]!" said {f}.'
    )
    s.say(
        "[They pulled and pulled.|They shouted at each other.|Neither of them would let go.] [Then {f} walked away and"
        " sat under a tree.|{F} began to cry.|{F} turned around and went home.]"
    )
    s.say(
        "{H} now had the {thing} all alone. But [it was no fun without {f}|{he} did not feel happy|something was"
        " missing]. {He} [thought about {f}|felt sorry|knew {he} had not been fair]."
    )
    s.say(
        'So {he} went to {f}. "[I am sorry|I was not kind|I am sorry I shouted]," said {h}. "[We can take turns|You can'
        ' have the first turn|Let us use it together]."',
        '{F} [wiped {fis} eyes|looked up|smiled a little]. "[I am sorry too|Thank you|That is a good idea]," said {f}.',
    )
    s.say(
        "[First {f} had a turn, and then {h} had a turn.|They took turns and counted to ten each time.|One of them"
        " counted while the other one played.] [They laughed all afternoon.|It was much more fun that way.|Soon they"
        " were happy again.]"
    )
    s.maybe(
        0.4, '{G} saw them and [smiled|clapped {gis} hands]. "[That is how friends play|Well done, you two]," said {g}.'
    )
    close(s, "share")


def afraid(s):
    """The hero is afraid of something and learns about it in small steps."""
    open_story(s)
    s.cast("g", *s.pick(FAMILY))
    fear, reason, step, result = s.pick_but(
        s.water and "deep water",
        [
            (
                "the dark",
                "At night, the shadows looked like big monsters",
                "They lit a small lamp and looked at every shadow",
                "The biggest shadow was only a coat on a chair",
            ),
            (
                "thunder",
                "It was so loud that the windows shook",
                "They counted the time between the flash and the boom",
                "Each time the thunder was farther away",
            ),
            (
                "deep water",
                "The lake looked cold and endless",
                "They walked in up to their knees and held hands",
                "The water was cool and nice",
            ),
            (
                "the tall slide",
                "The top seemed as high as the clouds",
                "They climbed one step, then two, then three",
                "With a loud whoosh, the ride was over and it was fun",
            ),
            (
                "the big dog next door",
                "It barked so loudly",
                "They walked up slowly and let the dog sniff their hands",
                "The dog wagged its tail and licked their fingers",
            ),
            (
                "the old bridge",
                "It made a noise with every step",
                "They held the rail and took one small step at a time",
                "The bridge was strong and did not move",
            ),
            (
                "the cave",
                "A strange voice seemed to live inside",
                "They took a lamp and called hello",
                "The voice said hello too, for it was only an echo",
            ),
        ],
    )
    s.fill(fear=fear, reason=reason, step=step, result=result)
    s.say(
        "{H} was [not afraid of many things, but {he} was afraid of {fear}|afraid of {fear}|very much afraid of"
        " {fear}]. {reason}."
    )
    s.maybe(
        0.6,
        '{F} was not afraid at all. "[Come on, {h}|It is easy]!" said {f}. But {h} [shook {his} head|hid behind a'
        " tree|did not move].",
    )
    s.say(
        '[{H} told {g} about it.|{G} saw that {h} was scared.|"Are you scared?" asked {g}. {H} nodded.] "[Everyone is'
        ' afraid sometimes|I was afraid of that too when I was small|We can try it together]," {ge} said. "[I will stay'
        ' with you|We will go slowly|Take my hand]."'
    )
    s.say("{step}. {H}'s heart went [thump, thump, thump|very fast|boom, boom, boom]. {result}.")
    s.say(
        '"[I did it|It is not so bad|Look, I am not afraid]!" {he} [said|shouted]. {G} [gave {him} a big hug|smiled'
        ' with pride|clapped]. "[I knew you could do it|You were very brave]," said {g}.'
    )
    s.maybe(
        0.4,
        (
            "[The next day, {h} showed {f} how brave {he} was.|After that, {h} wanted to do it again and again.]"
            if "thunder" not in fear and "dark" not in fear
            else "After that, {h} slept well every night."
        ),
    )
    close(s, "brave")


def making(s):
    """Something is made as a gift, a part is missing and is found."""
    open_story(s)
    s.cast("g", *s.pick(FAMILY))
    gift, parts, missing, source = s.pick(
        [
            ("a cake", "flour, butter and milk", "eggs", "ask the hens on the farm"),
            ("a soup", "carrots, beans and water", "salt", "ask the neighbor"),
            ("a bird house", "boards and a hammer", "nails", "look in the old shed"),
            ("a card", "paper and paint", "glue", "go to the shop"),
            ("a crown of flowers", "leaves and grass", "flowers", "go to the meadow"),
            ("a warm blanket", "wool and a needle", "thread", "ask at the shop"),
            ("an apple pie", "flour and sugar", "apples", "look in the orchard"),
            ("a paper lantern", "paper and string", "candle", "ask the baker"),
        ]
    )
    s.fill(gift=gift, short=gift.split(" ", 1)[1], parts=parts, missing=missing, source=source)
    s.say(
        s.pick(["It was {g}'s birthday", "{G} was sick in bed", "{G} had worked hard all week"])
        + '. {H} wanted to [make something nice|give {gim} a surprise]. "I will make {gift}," {he} said.'
    )
    there = "is" if missing in ("salt", "glue", "thread", "candle") else "are"
    s.say('{He} [got|found|put out] {parts}. [But wait!|Then {he} stopped.] "Oh no! There ' + there + ' no {missing}!"')
    s.fill(missing="a candle" if missing == "candle" else missing)
    s.say(
        "{H} [did not give up|thought hard|put on {his} shoes]. {He} went to {f}'s house. \"[Do you know where I can"
        ' find|Can you help me look for] {missing}?" {he} asked.',
        '"[Yes|Of course|Sure]! We can {source}," said {f}.',
    )
    s.say(
        "[They went there together, and they were lucky.|They walked there side by side.|They hurried there at once.]"
        " Soon they had {missing}[|, and they ran back home]."
    )
    s.say(
        "Then they [worked all afternoon|went back and set to work|worked side by side]. [{F} helped, and {h} sang a"
        " song.|It was hard, but it was fun.|They made a mess, but they cleaned it up.] At last, the {short} was ready."
    )
    s.say(
        '"[Surprise|This is for you]!" said {h}. {G} [was so happy that {ge} almost cried|opened {gis} eyes'
        ' wide|laughed with joy]. "[This is the best {short} in the world|You made this for me? Thank you|What a lovely'
        ' {short}]!" {ge} said.'
    )
    close(s, "help")


def skill(s):
    """The hero practises something hard until it works."""
    open_story(s)
    what, fail, tip, win = s.pick_but(
        s.water and "swim",
        [
            (
                "ride a bike",
                "fell into the soft grass",
                "Look ahead and not at your feet",
                "rode all the way to the gate",
            ),
            ("whistle", "only blew air", "Make your lips small and blow gently", "whistled a whole song"),
            ("swim", "went under and got water in the nose", "Kick slowly and breathe out", "swam across the pond"),
            (
                "skip stones",
                "heard the stone go plop",
                "Find a flat stone and throw it low",
                "saw the stone jump four times",
            ),
            ("jump rope", "got tangled in the rope", "Listen to the rope and count", "jumped twenty times"),
            (
                "fly a kite",
                "saw the kite fall to the ground",
                "Run into the wind and let the string go slowly",
                "saw the kite dance among the clouds",
            ),
            ("play the flute", "made a terrible squeak", "Play one slow note first", "played a sweet tune"),
            ("climb the tall tree", "slid right down", "Use your legs and hold on tight", "sat on the top branch"),
        ],
    )
    where = {"swim": "at the pond", "skip stones": "at the pond", "climb the tall tree": "in the garden"}.get(
        what, "{at}"
    )
    s.fill(what=what, fail=fail, tip=tip, win=win)
    s.say(
        "{H} wanted to learn how to {what}. [{F} could do it very well.|All {his} friends could do it.|It looked so"
        " easy.]",
        one_day(s)
        + ", {he} tried for the first time "
        + where
        + ". But {he} {fail}. {He} tried again, and [it was no better|the same thing happened].",
    )
    s.say(
        '"[I will never learn it|This is too hard|I cannot do it]," said {h}. {He} [sat down and frowned|was ready to'
        " give up|felt like crying]."
    )
    s.say(
        '{G} [came by and sat next to {him}|had watched {him}|heard {him} and came over]. "{tip}," {ge} said. "[And try'
        ' a little every day|And do not hurry|I had to learn it too]."'
    )
    s.say(
        "So {h} practiced [every day|each morning|day after day]. [On Monday it was bad. On Tuesday it was"
        " better.|Little by little, it got better.|Some days were hard, but {he} did not stop.] [{F} came to cheer.|]"
    )
    s.say(
        '[Then, one day|At last, one fine day], {h} took a deep breath and tried again. This time {he} {win}! "[I can'
        ' do it|Look at me|Hooray]!" {he} shouted.',
        "[{G} was very proud.|{F} clapped and cheered.|Everyone clapped.]",
    )
    close(s, "try")


def birthday(s):
    """The hero thinks that the birthday is forgotten; it is a surprise."""
    open_story(s)
    s.cast("g", *s.pick(FAMILY))
    s.say(
        "It was {h}'s birthday. {He} woke up early and [ran to the kitchen|jumped out of bed|put on {his} best hat]."
        " But nobody said a word about it."
    )
    s.say(
        '{G} was busy. "[Not now, dear|I have work to do|Go out and play]," {ge} said. {H} went to see {f}, but {f}'
        " [was not at home|had no time to play|ran away with a box]."
    )
    s.say(
        '"[Everyone forgot my birthday|They all forgot me]," thought {h}. {He} [walked slowly {at}|sat down {at}|threw'
        " small stones into the pond] and [felt very lonely|felt sad|a tear ran down {his} face]."
    )
    s.say(
        "When [the sun went down|it got dark|{he} was hungry], {h} went home. [The house was dark and quiet.|There was"
        " no light in the window.] {He} opened the door.",
        '"Surprise!" [everyone shouted|many voices called]. {G} [lit the candles|held a big cake|turned on the lights],'
        " and {f} [was there with a present|gave {him} a box with a ribbon|was there too].",
    )
    s.fill(present=s.pick(["{color} kite", "{color} scarf", "wooden boat", "small drum", "picture book", "toy train"]))
    s.fill(present=s.expand(s.slots["present"]))
    s.fill(apresent=an(s.slots["present"]))
    s.say(
        'In the box was {apresent}. "[You did not forget me|You all remembered]!" said {h}. "[We could never forget'
        ' you|We were busy all day with your party|We love you]," said {g}.',
        "[They ate cake and sang.|They danced and played until late.|They sang a song, and {h} made a wish.]",
    )
    close(s, "kind")


def honesty(s):
    """Something breaks; the hero hides it, then tells the truth."""
    open_story(s, 0.3)
    s.cast("g", *s.pick(FAMILY))
    s.fill(thing=s.pick(["blue cup", "tall vase", "flower pot", "big bowl", "window", "clock", "lamp"]))
    s.say(
        one_day(s)
        + ", {h} was [playing ball|dancing|running around|jumping up and down] in the house. {G} had said [not to do"
        " that|to be careful], but {h} [forgot|did not listen]."
    )
    s.say(
        "Crash! The {thing} [broke into pieces|was broken]. {H} [stood very still|was scared|did not know what to do]."
        " {He} [hid behind the door|ran to {his} room|hid under the bed]."
    )
    s.say(
        '[Soon|After a while], {g} came in. "[Who broke the {thing}|What happened here|How did this happen]?" {ge}'
        " asked. {H} [wanted to say that the wind did it|thought about saying it was the cat|felt {his} face get hot]."
        " {His} [tummy hurt|heart was heavy]."
    )
    s.say(
        'Then {h} [took a deep breath|came out slowly|looked up]. "[It was me|I did it|I broke it]. I am [so sorry|very'
        ' sorry]," {he} said.',
        '{G} [was quiet for a moment|knelt down|took {his} hand]. "[Thank you for telling the truth|I am glad that you'
        ' told me|That was brave of you]," {ge} said. "[Now let us clean up|Come, we will clean up together|Now give me'
        ' your hand]."',
    )
    s.say(
        "[They swept the floor together.|{H} got the broom and helped.|They picked up all the pieces.] [{H} felt light"
        " again.|The heavy feeling was gone.|{G} made warm milk for both of them.]"
    )
    s.maybe(
        0.6, "[The next day|Later], {h} [played outside|was very careful in the house|saved coins for a new {thing}]."
    )
    close(s, "truth")


def garden(s):
    """A seed is planted, waited for, and its harvest shared."""
    open_story(s)
    plant, crop = s.pick(
        [
            ("pumpkin", "pumpkin"),
            ("sunflower", "flower"),
            ("bean", "bean plant"),
            ("apple", "little tree"),
            ("melon", "melon"),
            ("rose", "rose"),
        ]
    )
    s.fill(plant=plant, crop=crop, aplant=an(plant))
    s.say(
        '{G} gave {h} {aplant} seed. "[Put it in the ground|Plant it in a sunny spot] and give it water," {ge} said.',
        "{H} [dug a small hole|found a good spot by the fence|made the earth soft] and planted the seed. {He} gave it"
        " water every [day|morning].",
    )
    s.say(
        "[But nothing happened.|The first day, nothing happened.|A week went by, and there was only brown earth.]"
        ' "[Maybe it is a bad seed|It does not want to grow|Maybe it is sleeping]," {h} said to {f}.'
    )
    s.say(
        '"[You must wait|Give it time|Seeds are slow]," said {f}. "[It needs sun and rain|It is working under the'
        ' ground|I will wait with you]."'
    )
    s.maybe(
        0.6,
        "[One night, there was a storm, and {h} put a basket over the spot.|One day, a hungry bird came, but {h} chased"
        " it away.|The days got hot, so {h} carried more water from the well.]",
    )
    s.say(
        "Then, [one morning|one warm day|after the rain], there was a tiny green leaf! {H} [danced with joy|called {f}"
        " at once|could not stop smiling]. The plant grew and grew[.| until it was as tall as {h}.| all summer long.]",
        "[In the fall|At the end of summer|At last], there was a [fine|beautiful|wonderful] {crop}. "
        + {
            "pumpkin": "They made soup and shared it with everyone.",
            "flower": "The bees came, and {h} gave the seeds to all {his} friends.",
            "bean plant": "They picked the beans and cooked a big pot for everyone.",
            "little tree": '"One day we will sit in its shade," said {g}.',
            "melon": "It was sweet, and there was a slice for everyone.",
            "rose": "{H} gave it to {g}, and {ge} put it in a blue vase.",
        }[crop],
    )
    close(s, "wait")


def strange_sound(s):
    """A strange sound at night or in a place turns out to be harmless."""
    open_story(s)
    sound, maker = s.pick(
        [
            ("Tap, tap, tap", "a woodpecker on an old tree"),
            ("Hoo, hoo", "a baby owl that wanted its mother"),
            ("Scratch, scratch", "a kitten at the door"),
            ("Splash, splash", "a family of ducks in the rain barrel"),
            ("Ding, ding", "a goat with a bell around its neck"),
            ("Squeak, squeak", "an old swing in the wind"),
            ("Drip, drip", "a leaky bucket on the wall"),
            ("Crunch, crunch", "a rabbit with a big carrot"),
        ]
    )
    s.fill(sound=sound, maker=maker)
    s.say(
        'One [night|evening|dark night], {h} heard a strange sound. "{sound}!" [What could it be?|It came from'
        " outside.|{He} sat up and listened.]",
        '{H} [called {f}|went to wake {f}]. "[Do you hear that|Listen, what is that]?" {he} [asked|whispered].'
        ' "{sound}!" came the sound again.',
    )
    s.say(
        '"[Maybe it is a monster|Maybe it is a ghost|Maybe it is a dragon]," said {f}, and {fe} [shivered|held on to'
        ' {h}|took a step back]. "[We will never know if we do not look|Let us go and see|We must find out]," said {h}.'
    )
    s.say(
        "They took a [lamp|light] and [walked on their toes|went outside very quietly|followed the sound]. [The grass"
        " was wet and the moon was bright.|The wind moved the leaves.|It was cold and still.] {sound}! The sound was"
        " very near now.",
        "{H} held up the light. [There it was!|And what did they see?] It was only {maker}! {H} looked at {f}, and"
        " [they both began to laugh|they laughed until they had to sit down].",
    )
    if "baby owl" in maker:
        s.say("They waited until the mother owl came back.")
    elif "kitten" in maker:
        s.say("They gave the kitten some milk and a warm bed.")
    elif "goat" in maker:
        s.say("They led the goat back to its barn.")
    elif "bucket" in maker or "swing" in maker:
        s.say("{G} fixed it in the morning.")
    else:
        s.say("They watched for a while and then said good night.")
    close(s, "brave")


def bedtime(s):
    """The hero cannot sleep, tries some things, and one of them works."""
    open_story(s, 0.5)
    s.cast("g", *s.pick(FAMILY))
    s.say(
        "It was [late|bedtime|a quiet night], but {h} could not sleep. {He} [turned left and {he} turned right|counted"
        " the stars|looked at the ceiling]. [The moon was shining into the room.|Everyone else was asleep.]"
    )
    ways = [
        "drank a cup of warm milk",
        "counted sheep up to forty",
        "hugged {his} pillow",
        "put on thick socks",
        "hummed a slow song",
    ]
    first = s.pick(ways)
    second = s.pick([way for way in ways if way != first])
    s.say(
        "First, {he} "
        + first
        + ". It did not help. Then {he} "
        + second
        + ". [That did not help either.|But {he} was still awake.]"
    )
    s.say(
        '{G} heard {him} and came in. "[Why are you awake|Can you not sleep], {h}?" {ge} asked. "'
        + s.pick(["I keep thinking about tomorrow", "It is too quiet", "The wind is so loud", "I miss my friend {f}"])
        + '," said {h}.'
    )
    s.say(
        '{G} sat on the bed. "[Close your eyes|Listen to my voice|Lie still now]," {ge} said. "'
        + s.pick(
            [
                "Think of a boat on a calm sea. It goes up and down, up and down.",
                (
                    "There was once a small star that was afraid of the dark. But it shone so bright that the dark went"
                    " away."
                ),
                "Think of a meadow full of sleepy sheep. It is warm there, and the wind is soft.",
                "Far away, a train rolls through the night. All the people in it are asleep.",
            ]
        )
        + '"'
    )
    s.say(
        "{H} [listened|yawned|smiled]. {His} eyes [grew heavy|began to close]. [Outside, an owl called softly.|The"
        " stars looked in at the window.|The wind became still.]",
        '"Good night, {h}," [whispered|said] {g}. But {h} did not hear it. {He} was [already|fast] asleep[.|, and {he}'
        " dreamed of the sea.|, and {he} dreamed that {he} could fly.|.]",
    )


def errand(s):
    """A basket is carried to someone; an obstacle is passed with help."""
    open_story(s)
    s.cast("g", *s.pick(FAMILY[:2] + FAMILY[4:6]))
    s.fill(load=s.pick(["fresh bread", "warm soup", "red apples", "sweet buns", "new eggs", "flowers"]))
    s.say(
        "{G} lived on the other side of the forest. "
        + one_day(s)
        + ", {h} packed a basket with {load} to take to {gim}."
    )
    s.say(
        "[{H} walked along the path and sang.|The path went up and down.|{Weather}.] But then {he} [had to stop|came to"
        " a stop]. "
        + s.pick(
            [
                "A big tree had fallen across the path.",
                "The little bridge over the stream was broken.",
                "The path split in two, and the sign was gone.",
                "A large sleepy cow was standing in the way.",
            ]
        )
    )
    problem = s.sentences[-1]
    s.say('"[Oh dear|Oh no|Hmm], [what shall I do now|how can I go on]?" said {h}.')
    if "tree" in problem:
        s.say(
            '{His} friend {f} was [playing|resting] nearby. "I can [hold the basket|take the basket] while you climb'
            ' over," said {f}. So {h} climbed over the tree, and {f} handed {him} the basket.'
        )
    elif "bridge" in problem:
        s.say(
            '{His} friend {f} was [fishing|playing] nearby. "There are big flat stones over there," said {f}. They held'
            " hands and stepped from stone to stone until they were across."
        )
    elif "sign" in problem:
        s.say(
            '{His} friend {f} was sitting on a rock. "Can you smell the smoke from the chimney?" asked {f}. {H}'
            " sniffed. Yes, the smell came from the left, so they went left."
        )
    else:
        s.say(
            '{His} friend {f} came along. "Cows like grass," said {f}. They picked a bunch of fresh grass, and the cow'
            " followed it right off the path."
        )
    s.say(
        '["Come with me," said {h}.|"Will you come too?" asked {h}.] {F} was glad to come, and they walked the rest of'
        " the way together.",
        '{G} [stood at the door|waved from the window|was waiting at the gate]. "[What a nice surprise|How good to see'
        ' you|You came all this way]!" {ge} said. They [ate together|sat by the fire|had tea], and {h} told {gim} [all'
        " about the trip|everything].",
    )
    close(s, "help")


def treasure(s):
    """A map leads to a box; what is in it is shared."""
    open_story(s)
    where, found, use = s.pick(
        [
            ("[inside an old book|under a floor board]", "shiny buttons", "They put the buttons on their coats"),
            (
                "[in a bottle on the beach|in a bottle by the stream]",
                "old coins",
                "They bought a big cake with the coins",
            ),
            (
                "[in the pocket of an old coat|behind a picture]",
                "colored stones",
                "They made a ring of the stones around the tree",
            ),
            ("[in a dusty box|at the back of a drawer]", "seeds", "They planted the seeds beside the house"),
        ]
    )
    s.fill(found=found, use=use, mark=s.pick(["the big oak tree", "the gray rock", "the old well", "the crooked tree"]))
    s.say(
        one_day(s)
        + ", {h} found a map "
        + where
        + '. A {color} cross was painted next to {mark}. "[A treasure|It is a treasure map|There must be a treasure]!"'
        " {he} cried.",
        '{He} ran to show it to {f}. "[Let us find it|We need a shovel|I will come with you]," said {f}.',
    )
    s.say(
        "They [walked past the mill|crossed the stream|went through the tall grass] and [over the hill|down the long"
        ' road|along the fence] until they came to {mark}. [It was hot, and they rested for a while.|"This is the'
        ' place," said {h}.|{F} looked at the map once more.]'
    )
    s.say(
        'They dug and dug. [At first, they only found a worm.|The hole got deeper and deeper.|"I am tired," said {f}.'
        ' "Only a little more," said {h}.] Then [the shovel hit something hard|there was a loud clunk]. It was a'
        " [small|rusty|wooden] box!",
        '{H} opened it slowly. It was full of {found}! [There was a note too. It said, "Share this with a'
        ' friend."|"Half of it is yours," {he} said to {f}.|They looked at each other and laughed.]',
    )
    s.say(
        "{use}. [{G} asked where they came from, but they only smiled.|Then they drew a new map for the next"
        " child.|They kept the box for their own treasures.]"
    )
    close(s, "share")


def race(s):
    """A race, in which the leader stops to help or grows too sure."""
    open_story(s, 0.6)
    s.fill(
        goal=s.pick(["the old mill", "the big oak tree", "the blue gate", "the bridge", "the top of the hill"]),
        prize=s.pick(["a basket of plums", "a golden ribbon", "a honey cake", "a shiny medal"]),
    )
    s.say(
        'Every [summer|spring|fall], there was a race to {goal}. The prize was {prize}. "[I will win this year|I am the'
        ' fastest of all|Nobody can beat me]," said {f}. {H} was [not so fast|slower than {f}], but {he} [wanted to'
        " try|loved to run] too."
    )
    s.say(
        '"One, two, three, go!" called {g}. {F} ran ahead[| like the wind| and did not look back]. {H} [ran as well as'
        " {he} could|kept a steady pace|did not hurry]."
    )
    if s.rng.random() < 0.6:
        s.say(
            "{F} was so far ahead that {fe} [lay down for a nap|stopped to eat berries|sat down to look at the clouds]."
            ' "I have [plenty of|so much] time," {fe} said.',
            "{H} [went on and on|kept going], [step by step|past the fence and past the pond]. When {f} looked up"
            " again, {h} was already at {goal}!",
            '{H} had won {prize}. {F} [was very surprised|could not believe it]. "Next time, I will not stop," {fe}'
            " said, and they [both laughed|shook hands].",
        )
        close(s, "try")
    else:
        s.say(
            'Then {f} [stepped into a hole|slipped on a wet stone|tripped on a root] and fell. "[Ouch|Oh], my foot!"'
            " {fe} cried. {H} could have run past {fim}. But {he} [stopped at once|did not|turned back].",
            '"[Hold on to me|Lean on me|I will help you]," said {h}. They walked to {goal} [arm in arm|slowly, side by'
            " side], and they were the last of all.",
            'But {g} gave {prize} to both of them. "[A good friend is worth more than a race|This is for the kindest'
            ' runner]," {ge} said.',
        )
        close(s, "help")


def way_home(s):
    """The hero is lost and uses a clue to get home."""
    open_story(s)
    s.cast("g", *s.pick(FAMILY))
    why, clue, follow = s.pick(
        [
            (
                "followed a blue butterfly",
                "the church bell in the village",
                "The sound came from the valley, so {he} walked down",
            ),
            (
                "followed a trail of mushrooms",
                "a stream that ran past {his} home",
                "Water runs down to the village, so {he} walked beside it",
            ),
            (
                "followed a fox with a bushy tail",
                "{his} own footprints in the mud",
                "{He} put {his} feet in each print, one after the other",
            ),
            (
                "followed a row of pretty flowers",
                "the first star above the chimney",
                "{He} kept the star in front of {him} all the way",
            ),
            (
                "followed the song of a strange bird",
                "the smoke of a warm fire",
                "{He} walked to the smoke and did not turn away",
            ),
        ]
    )
    s.fill(why=why, clue=s.expand(clue), follow=s.expand(follow))
    s.say(
        one_day(s)
        + ", {h} {why} deep into the forest. {He} went [on and on|farther and farther], until {he} [did not know where"
        " {he} was|could not see the path]. All the trees looked the same."
    )
    s.say(
        '"[Hello|Is anyone there|Can anyone hear me]?" {he} called. Nobody answered. It [began to get dark|was getting'
        " late|was getting cold], and {h} [was afraid|wanted to cry|felt very small].",
        'Then {he} remembered what {g} had told {him}. "When you are lost, stop, [sit down|take a breath] and'
        ' [listen|look around]." So {h} [stopped|sat on a stone] and [did just that|waited].',
    )
    s.say(
        "And there it was, {clue}! {follow}. [{He} was tired, but {he} did not stop.|An owl called, but {he} was not"
        " afraid now.|Step by step, the forest grew thinner.]",
        "At last, {he} saw [the lights of home|{his} own front door|{his} house]. {G} [ran out|came to meet {him}] and"
        ' [held {him} tight|hugged {him}]. "[I am so glad you are back|We looked everywhere for you|You found the way'
        ' all alone]," {ge} said. They [ate hot soup|drank hot cocoa] by the fire.',
    )
    close(s, "brave")


def sick_friend(s):
    """A friend is ill; a visit and a small gift cheer the friend up."""
    open_story(s)
    s.fill(ill=s.pick(["a bad cold", "a sore throat", "a fever", "a broken leg"]))
    s.say(
        one_day(s)
        + ', {f} did not come out to play. {H} [knocked on the door|went to see why]. "{F} has {ill} and must stay in'
        ' bed," said {g}. {H} [was sorry to hear it|went home and thought about it].'
    )
    s.say(
        '{He} knew that it is [boring|lonely|no fun] to be in bed all day. "[What can I do to cheer {fim} up|How can I'
        ' make {fim} smile]?" {he} thought.'
    )
    s.say(
        s.pick(
            [
                "{He} picked the best flowers {at} and tied them with a {color} ribbon.",
                "{He} drew a picture of all the things they would do together.",
                "{He} made up a funny song and practiced it all morning.",
                "{He} made two puppets out of old socks, one with a {color} nose.",
                "{He} put a jar of honey and a good book into a basket.",
            ]
        )
    )
    gift = s.sentences[-1]
    s.say(
        "Then {he} went to {f} and sat down next to the bed. "
        + (
            "The flowers made the whole room smell like summer."
            if "flowers" in gift
            else (
                "They looked at the picture and talked about every part of it."
                if "picture" in gift
                else (
                    "{H} sang so loudly that the cat ran away."
                    if "song" in gift
                    else (
                        "The puppets danced, bumped their heads and told jokes."
                        if "puppets" in gift
                        else "{F} had a spoon of honey, and {h} read the book out loud."
                    )
                )
            )
        )
    )
    s.say(
        '{F} [laughed for the first time that day|smiled and sat up|forgot about being sick]. "[You are the best'
        ' medicine|I feel much better now|Thank you for coming]," {fe} said. {H} came back every day, [until {f} was'
        " well again|and soon {f} could play outside again]."
    )
    close(s, "kind")


def small_pet(s):
    """A stray animal follows the hero home and is kept, or finds its owner."""
    open_story(s, 0.0)
    s.cast("g", *s.pick(FAMILY))
    s.fill(
        pet=s.pick(["puppy", "kitten", "goose", "pony", "goat"]),
        look=s.pick(["thin", "wet", "muddy", "tired", "hungry"]),
        pname=s.pick(["Lucky", "Star", "Muffin", "Snow", "Socks", "Cloud"]),
    )
    s.say(
        one_day(s)
        + ", on the way home from [school|the shop|the {place}], {h} saw a {pet}. It was {look} and all alone. {H}"
        " [petted it|spoke to it softly|gave it some water]. When {he} walked on, the {pet} followed {him}."
    )
    s.say(
        '"[May I keep it|Can it stay with us|Please, can we keep it]?" {h} asked at home. {G} looked at the {pet}.'
        ' "[First, we must find out if someone misses it|Maybe it has a home already]," {ge} said. So they [made a sign'
        " and put it on the gate|asked all the people in the village]."
    )
    if s.rng.random() < 0.6:
        s.say(
            '[A day went by, then a week.|They waited for a whole week.] Nobody came for the {pet}. "[Then it is'
            ' ours|Now it has a home]," said {g}. "[But you must feed it every day.|Will you take good care of it?]"'
            ' ["I will," said {h}.|{H} nodded and jumped for joy.]',
            "{H} named it {pname}. {He} fed it each morning and brushed it each night. Soon {pname} was [strong and"
            " happy|round and merry], and the two were always together.",
        )
    else:
        s.say(
            'The next day, [an old man|a woman with a cane|a little girl] came to the gate. "[That is my {pet}|You'
            ' found my {pet}|There you are], {pname}!" [cried the visitor|came the happy cry]. The {pet} [ran to the'
            " gate|was so happy to be found].",
            '{H} was [sad|sad for a moment], but {he} knew it was right. "[Thank you for your good care|You were so'
            ' kind to {pname}]," said the visitor. "You can come and see {pname} any time you like." And {h} did,'
            " [every Sunday|the very next day].",
        )
    close(s, "kind")


def little_cloud(s):
    """A thing of the sky or the wood wants to be different, and learns its worth."""
    who, place, wish, why, event, worth = s.pick(
        [
            (
                "cloud",
                "high up in the sky",
                "be the sun",
                "everyone loves the sun",
                "Then a long dry summer came, and the flowers began to droop",
                "rain fell softly on the fields, and all the flowers lifted their heads",
            ),
            (
                "star",
                "at the edge of the sky",
                "be the moon",
                "the moon is so big",
                "One night, a boat was lost on the sea, and clouds hid the moon",
                "its light showed the sailors the way home",
            ),
            (
                "tree",
                "in a great forest",
                "be tall",
                "the tall trees can see the sea",
                "One winter, a tired bird with a weak wing needed a home",
                "the bird made a nest in the low branches and sang all spring",
            ),
            (
                "candle",
                "on a dusty shelf",
                "be a big lamp",
                "the lamp fills the whole room",
                "One night, a storm came and the lamp went out",
                "its tiny light kept the children from being afraid",
            ),
            (
                "boat",
                "in a busy harbor",
                "be a great ship",
                "the ships see the whole world",
                "One day, a child fell into the shallow water near the beach",
                "only a boat so small could get there in time",
            ),
            (
                "bell",
                "on a little school",
                "be a church bell",
                "the church bell is heard by everyone",
                "One day, thick fog covered the hills and the children could not see the path",
                "the children heard it ring and found their way",
            ),
        ]
    )
    s.fill(who=who, wplace=place, wish=wish, why=why, event=event, worth=worth)
    s.say(
        "[Once upon a time, there was a little {who} {wplace}.|Once upon a time, a little {who} lived {wplace}.|There"
        ' was once a little {who} {wplace}.] The little {who} was [not happy|often sad|not pleased]. "[I want to|I wish'
        ' I could|If only I could] {wish}," it said, "because {why}."'
    )
    s.say(
        '"[Everyone has a gift|You are fine as you are|Your time will come]," said [the old wind|a passing bird|the'
        " gray mouse]. But the little {who} [did not believe it|only sighed|did not listen].",
        '[Days and weeks went by.|Time went by.|The year went on.] {event}. [Nobody knew what to do.|"Who can help?"'
        ' everyone asked.|"Help!" called a small voice.]',
        '"I will [try|do what I can|help]," said the little {who}. And {worth}. "[Thank you, little {who}|What would we'
        ' do without you]!" [they all said|everyone called].',
    )
    s.say(
        "[From then on|After that], the little {who} [was happy|was proud|never sighed again]. It [did not want to|no"
        " longer wished to] {wish}, for it knew that [even small things can do great good|everyone is needed|it is best"
        " to be yourself]."
    )


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
    for _, text in zip(range(count), stories(seed)):
        print(text + "\n")


if __name__ == "__main__":
    main()
