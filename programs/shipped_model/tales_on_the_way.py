# SPDX-License-Identifier: Apache-2.0
"""Tales on the way: errands, a treasure, a race, and help for others."""

from story_grammar import an, close, one_day, open_story
from story_words import FAMILY


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


# (who, place, wish, its reason, event, what only the small one could do)
WISHES = [
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



def little_cloud(s):
    """A thing of the sky or the wood wants to be different, and learns its worth."""
    who, place, wish, why, event, worth = s.pick(
        WISHES
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
