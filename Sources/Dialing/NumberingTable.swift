/// The world's calling codes, the countries inside shared ones, and their ranges that cost more.
///
/// One row for each country or service, in the order of the digits. `44 GB the United Kingdom: 70 84 …` is calling code 44 with the
/// ranges inside it that are premium-rate, shared-cost, personal or pager numbers; `15:10` are only those with ten or more digits behind
/// the calling code. `44/1481,7781 GG Guernsey` are parts of a calling code that are another country. `~` is no country of its own,
/// `*` is a code of no country.
///
/// Sources: ITU-T's list of assigned E.164 country codes, the North American Numbering Plan Administrator's area codes, and the national
/// numbering plans as Google's libphonenumber 9.0 has them; its numbers are what the tests hold this table to
/// (`Tests/Fixtures/dialing/numbers.txt`, `Tests/InteropTests/test_numbering.py`).
/// Area codes of +1 that stand nowhere here are taken for the United States: several new ones come into service there each year, and
/// one elsewhere in a decade. 500 555 00xx are Twilio's test numbers, which reach nobody.
enum NumberingTable {
    static let rows = """
        1 US the United States: 500 521 522 523 524 525 526 527 528 529 532 533 535 538 542 543 544 545 546 547 549 550 552 \
        553 554 556 566 569 577 578 588 589 600 622 633 644 655 677 688 700 900
        1/50055500 US the United States
        1/800,833,844,855,866,877,888 ~ toll-free numbers
        1/204,226,236,249,250,257,263,273,289,306,343,354,365,367,368,382,403,416,418,428,431,437,438,450,468,474,506,514,519,\
        548,579,581,584,587,604,613,639,647,672,683,705,709,742,753,778,780,782,807,819,825,867,873,879,902,905,942 CA Canada
        1/268 AG Antigua and Barbuda
        1/264 AI Anguilla
        1/684 AS American Samoa
        1/246 BB Barbados
        1/441 BM Bermuda
        1/242 BS the Bahamas
        1/767 DM Dominica
        1/809,829,849 DO the Dominican Republic
        1/473 GD Grenada
        1/671 GU Guam
        1/658,876 JM Jamaica
        1/869 KN Saint Kitts and Nevis
        1/345 KY the Cayman Islands
        1/758 LC Saint Lucia
        1/670 MP the Northern Marianas
        1/664 MS Montserrat
        1/787,939 PR Puerto Rico
        1/721 SX Sint Maarten
        1/649 TC the Turks and Caicos Islands
        1/868 TT Trinidad and Tobago
        1/784 VC Saint Vincent and the Grenadines
        1/284 VG the British Virgin Islands
        1/340 VI the US Virgin Islands
        20 EG Egypt: 900
        211 SS South Sudan
        212 MA Morocco: 89
        213 DZ Algeria: 801 802 803 804 805 806 808 809
        216 TN Tunisia: 811 821 88
        218 LY Libya
        220 GM Gambia
        221 SN Senegal: 81 88
        222 MR Mauritania
        223 ML Mali
        224 GN Guinea
        225 CI Côte d’Ivoire
        226 BF Burkina Faso
        227 NE Niger: 09
        228 TG Togo
        229 BJ Benin
        230 MU Mauritius: 219 30
        231 LR Liberia: 332
        232 SL Sierra Leone
        233 GH Ghana
        234 NG Nigeria
        235 TD Chad
        236 CF Central African Republic: 877
        237 CM Cameroon
        238 CV Cape Verde
        239 ST Sao Tome and Principe
        240 GQ Equatorial Guinea: 90
        241 GA Gabon
        242 CG Congo-Brazzaville: 80
        243 CD Congo-Kinshasa
        244 AO Angola
        245 GW Guinea-Bissau
        246 IO Diego Garcia
        247 AC Ascension
        248 SC Seychelles: 85
        249 SD Sudan
        250 RW Rwanda: 900
        251 ET Ethiopia
        252 SO Somalia
        253 DJ Djibouti
        254 KE Kenya: 900
        255 TZ Tanzania: 840 86 90
        256 UG Uganda: 90
        257 BI Burundi
        258 MZ Mozambique
        260 ZM Zambia
        261 MG Madagascar
        262 RE Réunion and Mayotte: 81 82 884 89
        263 ZW Zimbabwe
        264 NA Namibia: 870
        265 MW Malawi
        266 LS Lesotho
        267 BW Botswana: 90
        268 SZ Eswatini: 900
        269 KM Comoros: 8
        27 ZA South Africa: 860 862 863 864 865 866 867 868 869 9
        290 SH Saint Helena
        291 ER Eritrea
        297 AW Aruba: 900
        298 FO Faroe Islands: 90
        299 GL Greenland
        30 GR Greece: 70 801 806 812 825 850 875 90
        31 NL the Netherlands: 66 90
        32 BE Belgium: 70 7879 90
        33 FR France: 81 82 83 84 85 86 88 89
        34 ES Spain: 70 803 806 807 901 902 905 907
        350 GI Gibraltar
        351 PT Portugal: 601 607 608 64 707 708 76 808 809 884
        352 LU Luxembourg: 801 900 901 905
        353 IE Ireland: 15:10 185:10 189:10 700
        354 IS Iceland: 90
        355 AL Albania: 700 808 900
        356 MT Malta: 500 506 507 509 51 52 711
        357 CY Cyprus: 700 801 802 803 804 805 806 807 808 809 90
        358 FI Finland: 600 700
        359 BG Bulgaria: 700 90
        36 HU Hungary: 0690 0691 90 91
        370 LT Lithuania: 700 705 808 900 902 903 909 910
        371 LV Latvia: 81 90
        372 EE Estonia: 40 70 900
        373 MD Moldova: 808 90
        374 AM Armenia: 801 802 803 804 90
        375 BY Belarus: 80902 810 8902 902
        376 AD Andorra: 10 11 12 13 14 15 16 17 1801 1803 1804 1805 1806 1807 1808 1809 181 182 183 184 185 186 187 188 189 19 9
        377 MC Monaco
        378 SM San Marino: 7
        380 UA Ukraine: 900
        381 RS Serbia: 78 90
        382 ME Montenegro: 9
        383 XK Kosovo: 900
        385 HR Croatia: 60 61 64 65 69 74 75
        386 SI Slovenia: 89 90
        387 BA Bosnia and Herzegovina: 81 82 9
        389 MK North Macedonia: 5 801 802 803 804 805 806 807 808 809 81 82 83 84 85 86 87 88 89
        39 IT Italy: 0878 144 16 178 199 84 89
        40 RO Romania: 801 90
        41 CH Switzerland: 74 84 878 90
        420 CZ Czechia: 700 701 81 83 84 90 976
        421 SK Slovakia: 85 86 87 88 89 900 9090 97 98
        423 LI Liechtenstein: 90
        43 AT Austria: 810 82 86 89 9
        44 GB the United Kingdom: 70 760 761 763 764 765 766 767 768 769 84 87 9
        44/1481,7781,7839,79111,79117 GG Guernsey
        44/1624,74576,7524,7624 IM the Isle of Man
        44/1534,7509,77003,77007,77008,7797,7829,7937 JE Jersey
        45 DK Denmark: 90
        46 SE Sweden: 649 74 75 77 900 939 944 99
        47 NO Norway: 81 82 880
        48 PL Poland: 64 70 801
        49 DE Germany: 137 138 164 168 169 180 700 900
        500 FK the Falkland Islands
        501 BZ Belize
        502 GT Guatemala: 19
        503 SV El Salvador: 900
        504 HN Honduras
        505 NI Nicaragua
        506 CR Costa Rica: 90
        507 PA Panama: 822 855 860 877 878 886 900 981
        508 PM Saint Pierre and Miquelon: 81:9 82:9 89:9
        509 HT Haiti
        51 PE Peru: 801 802 804 805
        52 MX Mexico: 300 500 900
        53 CU Cuba: 807
        54 AR Argentina: 60
        55 BR Brazil: 30 40 500 900
        56 CL Chile: 600
        57 CO Colombia: 19 901
        58 VE Venezuela: 90
        590 GP Guadeloupe: 81 82 89
        591 BO Bolivia
        592 GY Guyana: 900
        593 EC Ecuador
        594 GF French Guiana: 81 82 89
        595 PY Paraguay
        596 MQ Martinique: 81 82 89
        597 SR Suriname: 90
        598 UY Uruguay: 90
        599 CW Curaçao: 60
        599/3,4,7 BQ Bonaire, Saba and Sint Eustatius
        60 MY Malaysia: 1600:10
        61 AU Australia: 13 163 190
        62 ID Indonesia: 804 809
        63 PH the Philippines
        64 NZ New Zealand: 1 500 503 506 507 70 90
        65 SG Singapore: 190
        66 TH Thailand: 1900:10
        670 TL Timor-Leste: 70 90
        672 NF Norfolk Island
        673 BN Brunei
        674 NR Nauru
        675 PG Papua New Guinea: 270 271
        676 TO Tonga
        677 SB Solomon Islands
        678 VU Vanuatu
        679 FJ Fiji
        680 PW Palau
        681 WF Wallis and Futuna
        682 CK Cook Islands
        683 NU Niue
        685 WS Samoa
        686 KI Kiribati
        687 NC New Caledonia: 36
        688 TV Tuvalu
        689 PF French Polynesia
        690 TK Tokelau
        691 FM Micronesia
        692 MH Marshall Islands
        7 RU Russia: 803 808 809 8803 8808 8809
        7/33622,6,7 KZ Kazakhstan
        800 * international freephone numbers
        808 * international shared-cost numbers
        81 JP Japan: 20 990
        82 KR South Korea: 50 60
        84 VN Vietnam: 190
        850 KP North Korea
        852 HK Hong Kong: 81 82 83 900
        853 MO Macao
        855 KH Cambodia: 1900:10
        856 LA Laos
        86 CN China: 160 168 400 950
        870 * Inmarsat satellites
        878 * universal personal numbers
        880 BD Bangladesh
        881 * satellite telephones
        882 * international networks
        883 * international networks
        886 TW Taiwan: 20 99
        888 * disaster relief
        90 TR Türkiye: 512 592 888 898 900
        91 IN India: 1860 1861 1862:13
        92 PK Pakistan: 122 900
        93 AF Afghanistan
        94 LK Sri Lanka
        95 MM Myanmar
        960 MV Maldives: 900:10
        961 LB Lebanon: 80:8 90:8 91:8
        962 JO Jordan: 70 74 85 9
        963 SY Syria
        964 IQ Iraq
        965 KW Kuwait
        966 SA Saudi Arabia: 920 925
        967 YE Yemen
        968 OM Oman: 900
        970 PS Palestine: 170
        971 AE the Emirates: 700 900
        972 IL Israel: 120 121 170 19
        973 BH Bahrain: 84 87 9
        974 QA Qatar: 2
        975 BT Bhutan
        976 MN Mongolia
        977 NP Nepal
        979 * international premium-rate numbers
        98 IR Iran
        992 TJ Tajikistan
        993 TM Turkmenistan
        994 AZ Azerbaijan: 900
        995 GE Georgia
        996 KG Kyrgyzstan
        998 UZ Uzbekistan
        """
}
