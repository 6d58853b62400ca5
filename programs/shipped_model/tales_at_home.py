# SPDX-License-Identifier: Apache-2.0
"""Tales at home: things made, learned, confessed, grown and heard."""

from story_grammar import an, close, one_day, open_story
from story_words import FAMILY


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


# (skill, first failure, advice, success)
SKILLS = [
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
]



def skill(s):
    """The hero practises something hard until it works."""
    open_story(s)
    what, fail, tip, win = s.pick_but(
        s.water and "swim",
        SKILLS,
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
