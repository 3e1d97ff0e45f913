"""Bot detection: refuses clients by their User-Agent."""

import re
from functools import lru_cache
from typing import Annotated

from gopura.plugin import Exchange, Plugin, config

# From the user-agent parsers' shared list (ua-parser/uap-core, Apache-2.0), as far as it names robots.
BOTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(Pingdom\.com_bot_version_)(\d+)\.(\d+)",
        r"(facebookexternalhit)/(\d+)\.(\d+)",
        r"Google.*/\+/web/snippet",
        r"(Twitterbot)/(\d+)\.(\d+)",
        (
            r"\b(Boto3?|JetS3t|aws-(?:cli|sdk-(?:cpp|go|java|nodejs|ruby2?|dotnet-(?:\d{1,2}|core)))|"
            r"s3fs)/(\d+)\.(\d+)(?:\.(\d+)|)"
        ),
        r" PTST/\d+(?:\.)?\d+$",
        (
            r"/((?:Ant-)?Nutch|[A-z]+[Bb]ot|[A-z]+[Ss]pider|Axtaris|fetchurl|Isara|ShopSalad|Tailsweep)["
            r" \-](\d+)(?:\.(\d+)(?:\.(\d+))?)?"
        ),
        (
            r"\b(008|Altresium|Argus|BaiduMobaider|BoardReader|DNSGroup|DataparkSearch|EDI|Goodzer|"
            r"Grub|INGRID|Infohelfer|LinkedInBot|LOOQ|Nutch|OgScrper|PathDefender|Peew|PostPost|"
            r"Steeler|Twitterbot|VSE|WebCrunch|WebZIP|Y!J-BR[A-Z]|YahooSeeker|envolk|sproose|wminer)/(\d"
            r"+)(?:\.(\d+)|"
            r")(?:\.(\d+)|)"
        ),
        r"(MSIE) (\d+)\.(\d+)([a-z]\d|[a-z]|);.* MSIECrawler",
        (
            r"(Google-HTTP-Java-Client|Apache-HttpClient|Go-http-client|scalaj-http|http%20client|"
            r"Python-urllib|HttpMonitor|TLSProber|WinHTTP|JNLP|okhttp|aihttp|reqwest|axios|unirest-(?:ja"
            r"va|"
            r"python|ruby|nodejs|php|net))(?:[ /](\d+)(?:\.(\d+)|)(?:\.(\d+)|)|)"
        ),
        (
            r"(CSimpleSpider|Cityreview Robot|CrawlDaddy|CrawlFire|Finderbots|Index crawler|Job Roboter|"
            r"KiwiStatus Spider|Lijit Crawler|QuerySeekerSpider|ScollSpider|Trends Crawler|USyd-NLP-Spid"
            r"er|"
            r"SiteCat Webbot|BotName\/\$BotVersion|123metaspider-Bot|1470\.net crawler|50\.nu|"
            r"8bo Crawler Bot|Aboundex|Accoona-[A-z]{1,30}-Agent|AdsBot-Google(?:-[a-z]{1,30}|"
            r")|altavista|AppEngine-Google|archive.{0,30}\.org_bot|archiver|Ask Jeeves|[Bb]ai[Dd]u[Ss]pi"
            r"der(?:-[A-Za-z]{1,30})(?:-[A-Za-z]{1,30}|"
            r")|bingbot|BingPreview|blitzbot|BlogBridge|Bloglovin|BoardReader Blog Indexer|BoardReader F"
            r"avicon Fetcher|"
            r"boitho.com-dc|BotSeer|BUbiNG|\b\w{0,30}favicon\w{0,30}\b|\bYeti(?:-[a-z]{1,30}|)|"
            r"Catchpoint(?: bot|)|[Cc]harlotte|Checklinks|clumboot|Comodo HTTP\(S\) Crawler|Comodo-Webin"
            r"spector-Crawler|"
            r"ConveraCrawler|CRAWL-E|CrawlConvera|Daumoa(?:-feedfetcher|)|Feed Seeker Bot|Feedbin|"
            r"findlinks|Flamingo_SearchEngine|FollowSite Bot|furlbot|Genieo|gigabot|GomezAgent|"
            r"gonzo1|(?:[a-zA-Z]{1,30}-|)Googlebot(?:-[a-zA-Z]{1,30}|)|Google SketchUp|grub-client|"
            r"gsa-crawler|heritrix|HiddenMarket|holmes|HooWWWer|htdig|ia_archiver|ICC-Crawler|"
            r"Icarus6j|ichiro(?:/mobile|)|IconSurf|IlTrovatore(?:-Setaccio|)|InfuzApp|Innovazion Crawler|"
            r"InternetArchive|IP2[a-z]{1,30}Bot|jbot\b|KaloogaBot|Kraken|Kurzor|larbin|LEIA|LesnikBot|"
            r"Linguee Bot|LinkAider|LinkedInBot|Lite Bot|Llaut|lycos|Mail\.RU_Bot|masscan|masidani_bot|"
            r"Mediapartners-Google|Microsoft .{0,30} Bot|mogimogi|mozDex|MJ12bot|msnbot(?:-media {0,2}|"
            r")|msrbot|Mtps Feed Aggregation System|netresearch|Netvibes|NewsGator[^/]{0,30}|^NING|"
            r"Nutch[^/]{0,30}|Nymesis|ObjectsSearch|OgScrper|Orbiter|OOZBOT|PagePeeker|PagesInventory|"
            r"PaxleFramework|Peeplo Screenshot Bot|PlantyNet_WebRobot|Pompos|Qwantify|Read%20Later|"
            r"Reaper|RedCarpet|Retreiver|Riddler|Rival IQ|scooter|Scrapy|Scrubby|searchsight|seekbot|"
            r"semanticdiscovery|SemrushBot|Simpy|SimplePie|SEOstats|SimpleRSS|SiteCon|Slackbot-LinkExpan"
            r"ding|"
            r"Slack-ImgProxy|Slurp|snappy|Speedy Spider|Squrl Java|Stringer|TheUsefulbot|ThumbShotsBot|"
            r"Thumbshots\.ru|Tiny Tiny RSS|Twitterbot|WhatsApp|URL2PNG|Vagabondo|VoilaBot|^vortex|"
            r"Votay bot|^voyager|WASALive.Bot|Web-sniffer|WebThumb|WeSEE:[A-z]{1,30}|WhatWeb|WIRE|"
            r"WordPress|Wotbox|www\.almaden\.ibm\.com|Xenu(?:.s|) Link Sleuth|Xerka [A-z]{1,30}Bot|"
            r"yacy(?:bot|)|YahooSeeker|Yahoo! Slurp|Yandex\w{1,30}|YodaoBot(?:-[A-z]{1,30}|)|YottaaMonit"
            r"or|"
            r"Yowedo|^Zao|^Zao-Crawler|ZeBot_www\.ze\.bz|ZooShot|ZyBorg)(?:[ /]v?(\d+)(?:\.(\d+)(?:\.(\d"
            r"+)|"
            r")|)|)"
        ),
        (
            r"(?:\/[A-Za-z0-9\.]+|) {0,5}([A-Za-z0-9 \-_\!\[\]:]{0,50}(?:[Aa]rchiver|[Ii]ndexer|"
            r"[Ss]craper|[Bb]ot|[Ss]pider|[Cc]rawl[a-z]{0,50}))[/ ](\d+)(?:\.(\d+)(?:\.(\d+)|)|"
            r")"
        ),
        (
            r"(?:\/[A-Za-z0-9\.]+|) {0,5}([A-Za-z0-9 \-_\!\[\]:]{0,50}(?:[Aa]rchiver|[Ii]ndexer|"
            r"[Ss]craper|[Bb]ot|[Ss]pider|[Cc]rawl[a-z]{0,50})) (\d+)(?:\.(\d+)(?:\.(\d+)|)|)"
        ),
        (
            r"((?:[A-z0-9]{1,50}|[A-z\-]{1,50} ?|)(?: the |)(?:[Ss][Pp][Ii][Dd][Ee][Rr]|[Ss]crape|"
            r"[Cc][Rr][Aa][Ww][Ll])[A-z0-9]{0,50})(?:(?:[ /]| v)(\d+)(?:\.(\d+)|)(?:\.(\d+)|)|"
            r")"
        ),
    )
)


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

    def access(self, exchange: Exchange, config: Config) -> None:
        """Refuse robots."""
        agents = exchange.request.headers.get_all("user-agent")
        if len(agents) > 1:
            exchange.error(400, "Only one User-Agent header allowed")
        elif agents and refused(agents[0].strip(), tuple(config.allow or ()), tuple(config.deny or ())):
            exchange.error(403, "Forbidden")


@lru_cache(maxsize=10_000)
def refused(agent: str, allow: tuple[str, ...], deny: tuple[str, ...]) -> bool:
    """Whether this user agent is to be kept out."""
    if any(re.search(pattern, agent) for pattern in allow):
        return False
    return any(re.search(pattern, agent) for pattern in deny) or any(bot.search(agent) for bot in BOTS)
