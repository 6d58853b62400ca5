# SPDX-License-Identifier: Apache-2.0
"""Tales of friends, and of those in need of one."""

from story_grammar import an, close, one_day, open_story
from story_words import FAMILY


def lose(s, way):
    """Tell how the thing gets lost; gives where it lies and a clue to it."""
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
    return spot, clue


def lost_thing(s):
    """A loved thing is lost in a certain way and found where that way leads."""
    open_story(s)
    thing = s.pick(["kite", "ball", "hat", "scarf", "toy boat", "balloon", "drum", "button", "book", "bell"])
    s.fill(thing=thing, athing=an(s.slots["color"] + " " + thing))
    light = thing in ("kite", "hat", "scarf", "balloon")
    way = "wind" if light else s.pick(["hole", "roll" if thing in ("ball", "button", "drum") else "forget"])
    s.say("{H} had {athing}[ that {he} loved very much|. It was {his} favorite thing in the world|, a gift from {g}].")
    s.say(one_day(s) + ", {h} took the {thing} [to the {place}|along on a walk to the {place}]. {Weather}.")
    spot, clue = lose(s, way)
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


# (plan, weather that spoils it, what is done instead)
PLANS = [
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

# How the day begins.
BAD_WEATHER = {
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
}

# How the other plan goes.
INSTEAD = {
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
}



def weather_plan(s):
    """Bad weather spoils a plan, and another plan is found."""
    open_story(s)
    act, bad, indoor = s.pick(
        PLANS
    )
    s.fill(act=act, bad=bad, indoor=indoor)
    s.say(
        "{H} wanted to {act} with {his} friend {f}. [They had planned it all week.|{He} could hardly wait.|They had"
        " talked about it for days.]"
    )
    s.say("But [when {he} woke up|that morning|when the day came], " + BAD_WEATHER[bad])
    s.say(
        '"[Oh no|Oh dear]! [Now we cannot {act}|We cannot {act} in this weather]," said {h}. {He} [felt sad|was close'
        " to tears|looked out at the sky and sighed]."
    )
    s.say(
        '{F} [thought for a moment|smiled|had an idea]. "[I know|Wait|Do not be sad]! We can {indoor}," said {f}[.|'
        " with a grin.]"
    )
    s.say(INSTEAD[indoor])
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


# (animal, where, trouble, tool, what is done with it)
RESCUES = [
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



def rescue(s):
    """An animal is in trouble; a first try fails and a tool or helper saves it."""
    open_story(s, 0.3)
    s.cast("g", *s.pick(FAMILY + [("the farmer", "she")]))
    pet, where, trouble, tool, act = s.pick(
        RESCUES
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


# (fear, its reason, a small step, what comes of it)
FEARS = [
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
]



def afraid(s):
    """The hero is afraid of something and learns about it in small steps."""
    open_story(s)
    s.cast("g", *s.pick(FAMILY))
    fear, reason, step, result = s.pick_but(
        s.water and "deep water",
        FEARS,
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
