"""A headless Chromium, and what a person sees in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.clients.programs import FOLDER, on_path

WAIT_S = 30


@contextmanager
def started_chromium() -> Iterator[webdriver.Chrome]:
    """Start a headless Chromium that finds nobody but this machine; skips the test where there is none."""
    options = webdriver.ChromeOptions()
    options.binary_location = on_path("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",  # it refuses to run as root with one
        "--window-size=1400,1600",
        "--lang=en",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nobody on the web is asked for a map
        *("--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # COGs are drawn by WebGL
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(on_path("chromedriver")), options=options)
    try:
        yield driver
    finally:
        driver.quit()


class Page:
    """What a person sees."""

    def __init__(self, driver: webdriver.Chrome, site: str) -> None:
        self.driver, self._site = driver, site

    def go(self, path: str) -> None:
        self.driver.get("about:blank")  # else only the part after # changes
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # what it said of the page before is read
        self.driver.get(self._site + path)

    def wait(self, xpath: str) -> WebElement:
        """Give an element as soon as it can be seen."""

        def visible(driver: webdriver.Chrome) -> WebElement | None:
            return next((one for one in driver.find_elements(By.XPATH, xpath) if one.is_displayed()), None)

        found = WebDriverWait(self.driver, WAIT_S).until(visible, f"nothing to see of {xpath}")
        assert found is not None
        return found

    def shows(self, text: str) -> WebElement:
        return self.wait(f"//*[text()[contains(., '{text}')]]")

    def click(self, text: str) -> None:
        self.wait(f"//button[contains(., '{text}')] | //a[contains(., '{text}')]").click()

    def cards(self) -> list[str]:
        """The titles of the Items or Collections that are listed."""
        # in one go: it draws them anew while they are looked at
        titles = "[...document.querySelectorAll('.card-title a')].filter(one => one.offsetParent)"
        found: list[str] = self.driver.execute_script(f"return {titles}.map(one => one.textContent.trim())")
        return found

    def complaints(self, url: str) -> list[str]:
        """What its console has against us: errors that name our API, but for files of providers out of reach."""
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium is typed in part
        return [
            one["message"]
            for one in log
            if one["level"] == "SEVERE" and url in one["message"] and "/assets/" not in one["message"]
        ]

    def keep(self, name: str) -> None:
        """Leave a screenshot for whoever wants to look."""
        folder = FOLDER / "screenshots"
        folder.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(folder / f"{name}.png"))
