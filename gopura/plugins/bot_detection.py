"""Bot detection: refuses clients by their User-Agent."""

from functools import lru_cache
from typing import Annotated

from gopura.plugin import Exchange, Pattern, Plugin, Use, config

# From the user-agent parsers' shared list (ua-parser/uap-core, Apache-2.0), as far as it names robots; without what
# may be empty at either end, as all that counts is whether they match.
BOTS = "|".join(
    (
        r"Pingdom\.com_bot_version_\d+\.\d",
        r"facebookexternalhit/\d+\.\d",
        r"Google.*/\+/web/snippet",
        r"Twitterbot/\d+\.\d",
        (
            r"\b(?:Boto3?|JetS3t|aws-(?:cli|sdk-(?:cpp|go|java|nodejs|ruby2?|dotnet-(?:\d{1,2}|core)))|"
            r"s3fs)/\d+\.\d"
        ),
        r" PTST/\d+\.?\d+$",
        r"/(?:(?:Ant-)?Nutch|[A-z]+[Bb]ot|[A-z]+[Ss]pider|Axtaris|fetchurl|Isara|ShopSalad|Tailsweep)[ \-]\d",
        (
            r"\b(?:008|Altresium|Argus|BaiduMobaider|BoardReader|DNSGroup|DataparkSearch|EDI|Goodzer|Grub|"
            r"INGRID|Infohelfer|LinkedInBot|LOOQ|Nutch|OgScrper|PathDefender|Peew|PostPost|Steeler|Twitterbot|"
            r"VSE|WebCrunch|WebZIP|Y!J-BR[A-Z]|YahooSeeker|envolk|sproose|wminer)/\d"
        ),
        r"MSIE \d+\.\d+(?:[a-z]\d|[a-z]|);.* MSIECrawler",
        (
            r"Google-HTTP-Java-Client|Apache-HttpClient|Go-http-client|scalaj-http|http%20client|Python-urllib|"
            r"HttpMonitor|TLSProber|WinHTTP|JNLP|okhttp|aihttp|reqwest|axios|unirest-(?:java|python|ruby|nodejs|"
            r"php|net)"
        ),
        r"(?:[Aa]rchiver|[Ii]ndexer|[Bb]ot)[/ ]\d",
        r"[Ss][Pp][Ii][Dd][Ee][Rr]|[Ss]crape|[Cc][Rr][Aa][Ww][Ll]",
        (
            r"CSimpleSpider|Cityreview Robot|CrawlDaddy|CrawlFire|Finderbots|Index crawler|Job Roboter|"
            r"KiwiStatus Spider|Lijit Crawler|QuerySeekerSpider|ScollSpider|Trends Crawler|USyd-NLP-Spider|"
            r"SiteCat Webbot|BotName\/\$BotVersion|123metaspider-Bot|1470\.net crawler|50\.nu|8bo Crawler Bot|"
            r"Aboundex|Accoona-[A-z]{1,30}-Agent|AdsBot-Google|altavista|AppEngine-Google|"
            r"archive.{0,30}\.org_bot|archiver|Ask Jeeves|[Bb]ai[Dd]u[Ss]pider(?:-[A-Za-z]{1,30})|bingbot|"
            r"BingPreview|blitzbot|BlogBridge|Bloglovin|BoardReader Blog Indexer|BoardReader Favicon Fetcher|"
            r"boitho.com-dc|BotSeer|BUbiNG|\bYeti|Catchpoint|[Cc]harlotte|"
            r"Checklinks|clumboot|Comodo HTTP\(S\) Crawler|Comodo-Webinspector-Crawler|ConveraCrawler|CRAWL-E|"
            r"CrawlConvera|Daumoa|Feed Seeker Bot|Feedbin|findlinks|Flamingo_SearchEngine|FollowSite Bot|"
            r"furlbot|Genieo|gigabot|GomezAgent|gonzo1|Googlebot|Google SketchUp|grub-client|gsa-crawler|"
            r"heritrix|HiddenMarket|holmes|HooWWWer|htdig|ia_archiver|ICC-Crawler|Icarus6j|ichiro|IconSurf|"
            r"IlTrovatore|InfuzApp|Innovazion Crawler|InternetArchive|IP2[a-z]{1,30}Bot|jbot\b|KaloogaBot|"
            r"Kraken|Kurzor|larbin|LEIA|LesnikBot|Linguee Bot|LinkAider|LinkedInBot|Lite Bot|Llaut|lycos|"
            r"Mail\.RU_Bot|masscan|masidani_bot|Mediapartners-Google|Microsoft .{0,30} Bot|mogimogi|mozDex|"
            r"MJ12bot|msnbot|msrbot|Mtps Feed Aggregation System|netresearch|Netvibes|NewsGator|^NING|Nutch|"
            r"Nymesis|ObjectsSearch|OgScrper|Orbiter|OOZBOT|PagePeeker|PagesInventory|PaxleFramework|"
            r"Peeplo Screenshot Bot|PlantyNet_WebRobot|Pompos|Qwantify|Read%20Later|Reaper|RedCarpet|Retreiver|"
            r"Riddler|Rival IQ|scooter|Scrapy|Scrubby|searchsight|seekbot|semanticdiscovery|SemrushBot|Simpy|"
            r"SimplePie|SEOstats|SimpleRSS|SiteCon|Slackbot-LinkExpanding|Slack-ImgProxy|Slurp|snappy|"
            r"Speedy Spider|Squrl Java|Stringer|TheUsefulbot|ThumbShotsBot|Thumbshots\.ru|Tiny Tiny RSS|"
            r"Twitterbot|WhatsApp|URL2PNG|Vagabondo|VoilaBot|^vortex|Votay bot|^voyager|WASALive.Bot|"
            r"Web-sniffer|WebThumb|WeSEE:[A-z]|WhatWeb|WIRE|WordPress|Wotbox|www\.almaden\.ibm\.com|Xenu(?:.s|"
            r") Link Sleuth|Xerka [A-z]{1,30}Bot|yacy|YahooSeeker|Yahoo! Slurp|Yandex\w|YodaoBot|YottaaMonitor|"
            r"Yowedo|^Zao|^Zao-Crawler|ZeBot_www\.ze\.bz|ZooShot|ZyBorg"
        ),
    )
)

BOTS_PATTERN = Pattern(BOTS)
FAVICON = Pattern(r"\b\w{0,30}favicon\w{0,30}\b")
"""Apart from the others: what it counts would make them all slow."""

_Patterns = list[Annotated[str, config.IsRegex()]]


class BotDetection(Plugin, name="bot-detection", priority=2500, no_consumer=True):
    """Refuses well-known bots, and those that are named."""

    example = {"deny": ["curl/"]}

    class Config(config.Record):
        """Exceptions in both directions."""

        allow: _Patterns | None = []
        """Regular expressions of User-Agents that pass in any case."""
        deny: _Patterns | None = []
        """Regular expressions of User-Agents that are refused besides the known bots."""

    def prepare(self, config: Config, use: Use) -> "Rules":
        """Compile the patterns."""
        return Rules(config)

    def access(self, exchange: Exchange, config: "Rules") -> None:
        """Refuse robots."""
        agents = exchange.request.headers.get_all("user-agent")
        if len(agents) > 1:
            exchange.error(400, "Only one User-Agent header allowed")
        elif agents and config.refuse(agents[0].strip()):
            exchange.error(403, "Forbidden")


class Rules:
    """The patterns of one configuration, and what they said of the last 10,000 user agents."""

    def __init__(self, given: BotDetection.Config) -> None:
        self._allow = [config.pattern(source) for source in given.allow or ()]
        self._deny = [config.pattern(source) for source in given.deny or ()]
        self.refuse = lru_cache(maxsize=10_000)(self._refuse)

    def _refuse(self, agent: str) -> bool:
        """Whether this user agent is to be kept out; MatchLimitError when a pattern cannot tell."""
        if any(pattern.matches(agent) for pattern in self._allow):
            return False
        return any(pattern.matches(agent) for pattern in (*self._deny, BOTS_PATTERN, FAVICON))
