"""EarthCARE's product types: a table of facts.

Source: ESA's and JAXA's product lists as the mission's readers carry them, and the queryables of ESA's MAAP.
The archive may list more: a record of an unknown type still becomes an Item.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from transforms.earthcare_names import collection_id, level

INSTRUMENTS: Mapping[str, tuple[str, ...]] = {
    "ATL": ("atlid",),
    "BBR": ("bbr",),
    "CPR": ("cpr",),
    "MSI": ("msi",),
    # the archive says SYNERGETIC for all of these
    "AC_": ("atlid", "cpr"),
    "AM_": ("atlid", "msi"),
    "ACM": ("atlid", "cpr", "msi"),
    "BM_": ("bbr", "msi"),
    "BMA": ("atlid", "bbr", "msi"),
    "ALL": ("atlid", "bbr", "cpr", "msi"),
}
"""The instruments behind a product type, by its first three characters."""

_CALIBRATED: Mapping[str, tuple[str, ...]] = {"_A": ("atlid",), "_B": ("bbr",), "_M": ("msi",)}
"""The instrument that a file of calibration parameters is for, by its last two characters."""


@functools.cache
def instruments_of(product_type: str) -> tuple[str, ...]:
    """The instruments behind a product type, lower case; empty where the type tells none."""
    if product_type.startswith("AUX_"):
        return _CALIBRATED.get(product_type[-2:], ())
    return INSTRUMENTS.get(product_type[:3], ())


@dataclass(frozen=True, slots=True)
class ProductType:
    """One product type.

    Attributes:
        type: ten characters, ``_``-padded.
        short: the name that papers use: M-COP; "" where there is none.
        meaning: one line.
        agency: who makes it: ESA or JAXA.
        doi: the DOI of the product, where we know it.
    """

    type: str
    short: str
    meaning: str
    agency: str = "ESA"
    doi: str | None = None

    @property
    def collection_id(self) -> str:
        """Its Collection."""
        return collection_id(self.type)

    @property
    def level(self) -> str | None:
        """Its processing level, None on orbit and calibration files."""
        return level(self.type)

    @property
    def is_of_frames(self) -> bool:
        """Whether a product is of a frame; orbit and calibration files are valid for an interval."""
        return self.level is not None or self.type.startswith("GEO_")

    @property
    def instruments(self) -> tuple[str, ...]:
        """Lower case; empty on orbit, weather-model and grid files."""
        return instruments_of(self.type)


def _types(rows: str, agency: str = "ESA") -> tuple[ProductType, ...]:
    parts = (row.split(maxsplit=2) for row in rows.strip().splitlines())
    return tuple(ProductType(name, short.strip("-"), meaning, agency) for name, short, meaning in parts)


DEFAULT = ProductType("MSI_COP_2A", "M-COP", "Cloud optical properties over the swath", doi="10.57780/eca-94b4e53")
"""What is harvested when no product is named."""

_LEVEL_2 = _types("""
MSI_CM__2A M-CM Cloud mask, type and phase over the swath
MSI_AOT_2A M-AOT Aerosol optical thickness over the swath
ATL_FM__2A A-FM Lidar feature mask
ATL_AER_2A A-AER Aerosol profiles
ATL_EBD_2A A-EBD Profiles of extinction, backscatter and depolarisation
ATL_ICE_2A A-ICE Ice water content and effective radius
ATL_TC__2A A-TC Lidar target classification
ATL_CTH_2A A-CTH Cloud top height from the lidar
ATL_ALD_2A A-ALD Aerosol layers
CPR_FMR_2A C-FMR Radar feature mask and corrected reflectivity
CPR_CD__2A C-CD Corrected Doppler and sedimentation velocity
CPR_TC__2A C-TC Radar target classification
CPR_CLD_2A C-CLD Cloud and precipitation from the radar
CPR_APC_2A C-APC Radar antenna pointing correction
AC__TC__2B AC-TC Target classification from lidar and radar
AM__CTH_2B AM-CTH Cloud top height from lidar and imager
AM__ACD_2B AM-ACD Aerosol columns from lidar and imager
AM__MO__2B AM-MO Merged lidar and imager observations
ACM_CAP_2B ACM-CAP Clouds, aerosol and precipitation from lidar, radar and imager
ACM_COM_2B ACM-COM Composite cloud and aerosol profiles
ACM_RT__2B ACM-RT Modelled radiances, fluxes and heating rates
ALL_3D__2B ALL-3D Three-dimensional scene construction
ALL_DF__2B ALL-DF Radiative closure
BM__RAD_2B BM-RAD Unfiltered broadband radiances
BMA_FLX_2B BMA-FLX Top-of-atmosphere fluxes
""")

_LEVEL_1 = _types("""
ATL_NOM_1B A-NOM Lidar attenuated backscatter
BBR_NOM_1B B-NOM Filtered broadband radiances
BBR_SNG_1B B-SNG Single-pixel broadband radiances
MSI_NOM_1B M-NOM Calibrated imager radiances on the native grid
MSI_RGR_1C M-RGR Imager bands on one grid
AUX_JSG_1D X-JSG Joint standard grid
AUX_MET_1D X-MET Weather model fields along the swath
ATL_CSC_1B - Lidar coarse spectral calibration
ATL_DCC_1B - Lidar dark current calibration
ATL_FSC_1B - Lidar fine spectral calibration
BBR_LIN_1B - Broadband radiometer linearity calibration
BBR_SOL_1B - Broadband radiometer solar calibration
MSI_BBS_1B - Imager black body calibration
MSI_DRK_1B - Imager dark calibration
MSI_SD1_1B - Imager solar diffuser 1 calibration
MSI_SD2_1B - Imager solar diffuser 2 calibration
MSI_TRF_1B - Imager calibration sequence TRF
ATL_NOM_0_ - Lidar instrument packets
BBR_NOM_0_ - Broadband radiometer instrument packets
CPR_NOM_0_ - Radar instrument packets
MSI_NOM_0_ - Imager instrument packets
TLM_NOM_0_ - GPS and star tracker telemetry
""")

_JAXA = _types(
    """
CPR_ECO_2A - Radar echo
CPR_CLP_2A - Cloud properties from the radar
ATL_CLA_2A - Cloud and aerosol from the lidar
MSI_CLP_2A - Cloud properties from the imager
AC__CLP_2B - Cloud properties from radar and lidar
ACM_CLP_2B - Cloud properties from radar, lidar and imager
ALL_RAD_2B - Radiation budget from all four instruments
CPR_NOM_1B C-NOM Radar reflectivity and Doppler velocity
""",
    agency="JAXA",
)

_AUXILIARY = _types("""
GEO_ATTOBS - Reconstructed attitude
GEO_ORBOBS - Reconstructed orbit
AUX_ORBPRE - Predicted orbit
AUX_ORBRES - Restituted orbit
MPL_ORBSCT - Orbit scenario
AUX_CCAM_A - ATLID calibration parameters CCAM
AUX_CCAR_A - ATLID calibration parameters CCAR
AUX_CCAX_A - ATLID calibration parameters CCAX
AUX_CCDC_A - ATLID calibration parameters CCDC
AUX_CCIA_A - ATLID calibration parameters CCIA
AUX_CCMC_A - ATLID calibration parameters CCMC
AUX_CCOG_A - ATLID calibration parameters CCOG
AUX_CCPS_A - ATLID calibration parameters CCPS
AUX_CCSX_A - ATLID calibration parameters CCSX
AUX_CCER_B - BBR calibration parameters CCER
AUX_CCIA_B - BBR calibration parameters CCIA
AUX_CCLI_B - BBR calibration parameters CCLI
AUX_CCOG_B - BBR calibration parameters CCOG
AUX_CCPS_B - BBR calibration parameters CCPS
AUX_CCSN_B - BBR calibration parameters CCSN
AUX_CCIA_M - MSI calibration parameters CCIA
AUX_CCOG_M - MSI calibration parameters CCOG
AUX_CCPS_M - MSI calibration parameters CCPS
AUX_CSMO_M - MSI calibration parameters CSMO
AUX_STAT_M - MSI calibration parameters STAT
AUX_TBBL_M - MSI calibration parameters TBBL
AUX_TSCO_M - MSI calibration parameters TSCO
AUX_VRAD_M - MSI calibration parameters VRAD
""")

PRODUCT_TYPES: Mapping[str, ProductType] = {
    product.type: product for product in (DEFAULT, *_LEVEL_2, *_JAXA, *_LEVEL_1, *_AUXILIARY)
}
"""Every product type that we know, by its ten characters; the default one first."""
