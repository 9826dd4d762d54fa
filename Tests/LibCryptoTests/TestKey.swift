/// Keys for these tests alone, made with OpenSSL 3.0.19's command line. They open nothing.
enum TestKey {
    /// `openssl genrsa -traditional 2048`
    static let pkcs1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEArKz8UmxzLNEuHHNThazxr4ul5KpY3xpIXevv+KZSI4bKlfKM
        Bjo2756ak1qim11OVKJx6uww/Vm+xkLAKLAuaDrxD1oNSWbeSQ4eHmy9aBp3xuNv
        6qdGVJZqih/6/xs6y83lNp5Dp8vulpNtAV1fl/Twnv6lesefGlnyEMfP5ITsGIyN
        3hFOTK/evBu6dmDqoAuQvaCdjYt5Hp+Dgs3x+71YHYgHZOVC/jib2sf0s+w/1aNN
        2qldO8yj8pgnrBYt1iZWnM5bH+C8QHC2RC8ZRHrceBFU9kXKjzLKS3cWBCpwnXjP
        Adua/9g+qModG1zY1QsK3ZsbpjlfP0RsKJBSAwIDAQABAoIBAAtT1CZnQHorXr/P
        Co01j/hyfyqsLuUaPEhGnTKakCWnrTJ/YfnANLDGnsbiQAVUVNPu51PNGrzQxL4/
        /4sSKhLJJKpbjFn8VyiqHGx/UnPtCJGrg3P8dS8NwjKj1m6I9fQL4oJEVfvaWbrX
        AP4BIHw/cGl9tJO3wXnHdlggQ3fVUXu3AEr4NJs6bCb2CUz1i6t0PuB/VXdvDOIW
        6Du7FpS0ELZ7Uw+EC9wXhTM/g4xeaO/P32BWaG6rgvMVK2ywmnhZxIvUV11rPZ/e
        GYfYIzGoc/VEMeJYaWq2gRVGqboTSx+5C7s/48pYlEmmK1eoe1i09FpHXy08kkxz
        xQV0pAECgYEA6kNCdaL6vGKR/jownCe4BYaJj6wV10eIdO2Lv6XdZWQLtxzmPeNU
        txyn4Zy2yODCLJWke1Hp8LQRxEGrfEddelAyK+lk1Je3yX0t1PXd5AXTPDvGTHiT
        1P0snM054jUq8DgLa1UawkG4baD5nSx12V3RlupyoV4F05u2W6O748MCgYEAvLLF
        hWRoPqGr3xdeGRRTZajN5MaStUr7nSIViEFZyLj6MM8imbNBXRf0sBLpzLODIDfA
        8WPp3r8ih734SVdt3cSU+5aWNYoyMvuJZQBIvP92OcMAMuEeiaFFyPHqkHc87eBe
        IWT8vFA0SVLWxsFrcJR0mjM++IfoHdKjy19iNMECgYEA2oVFIFCYTVQxVRFYuMFA
        Ij9eYFuov/klK9VOT8Zb4DFT0Eqv5zkAlBKx831o77bgyhAIr1Q4weRm0khju3ki
        lG7sbhO3j6u6r8QKFaYHhqV8ZqpnjnvHgp1rmRTDEuR/mjbdSBDJ9jyx2emYDmoj
        wFCIqpsltKrtCngswgzYvlsCgYB6Ti00boYawlNSQCUfgEslwyngtMx2cWlwyZzH
        OgRl029mn3s/wC4HlvVkAn5Dzb6Z7UlDrIzzcVOCRCFf+Ckf6sDd6RbnEPHElcDS
        FEMRLUuF2NySHdPbRQqkWhi9FmwJirm4T2p47EtXkzfej5OB3tdM8xZHpF9QpSzB
        LsvKgQKBgGPDne2HRQhOnndi64MCmvqp6JSIlCo0Cj1ooJDQtCfllRnQfdbcxLYu
        +OsiZEYZAMNsU0qyfwvdpYVuX5YWjoLResMYka3A9F6fAhOHIs9maREk8RVYDZz8
        vph8ynvQ8erXPHO90c0053uKO2K0lKeebCGs6YdUM0yk3DITVvlC
        -----END RSA PRIVATE KEY-----
        """

    /// The same key: `openssl pkcs8 -topk8 -nocrypt`
    static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCsrPxSbHMs0S4c
        c1OFrPGvi6XkqljfGkhd6+/4plIjhsqV8owGOjbvnpqTWqKbXU5UonHq7DD9Wb7G
        QsAosC5oOvEPWg1JZt5JDh4ebL1oGnfG42/qp0ZUlmqKH/r/GzrLzeU2nkOny+6W
        k20BXV+X9PCe/qV6x58aWfIQx8/khOwYjI3eEU5Mr968G7p2YOqgC5C9oJ2Ni3ke
        n4OCzfH7vVgdiAdk5UL+OJvax/Sz7D/Vo03aqV07zKPymCesFi3WJlaczlsf4LxA
        cLZELxlEetx4EVT2RcqPMspLdxYEKnCdeM8B25r/2D6oyh0bXNjVCwrdmxumOV8/
        RGwokFIDAgMBAAECggEAC1PUJmdAeitev88KjTWP+HJ/Kqwu5Ro8SEadMpqQJaet
        Mn9h+cA0sMaexuJABVRU0+7nU80avNDEvj//ixIqEskkqluMWfxXKKocbH9Sc+0I
        kauDc/x1Lw3CMqPWboj19AvigkRV+9pZutcA/gEgfD9waX20k7fBecd2WCBDd9VR
        e7cASvg0mzpsJvYJTPWLq3Q+4H9Vd28M4hboO7sWlLQQtntTD4QL3BeFMz+DjF5o
        78/fYFZobquC8xUrbLCaeFnEi9RXXWs9n94Zh9gjMahz9UQx4lhparaBFUapuhNL
        H7kLuz/jyliUSaYrV6h7WLT0WkdfLTySTHPFBXSkAQKBgQDqQ0J1ovq8YpH+OjCc
        J7gFhomPrBXXR4h07Yu/pd1lZAu3HOY941S3HKfhnLbI4MIslaR7UenwtBHEQat8
        R116UDIr6WTUl7fJfS3U9d3kBdM8O8ZMeJPU/SyczTniNSrwOAtrVRrCQbhtoPmd
        LHXZXdGW6nKhXgXTm7Zbo7vjwwKBgQC8ssWFZGg+oavfF14ZFFNlqM3kxpK1Svud
        IhWIQVnIuPowzyKZs0FdF/SwEunMs4MgN8DxY+nevyKHvfhJV23dxJT7lpY1ijIy
        +4llAEi8/3Y5wwAy4R6JoUXI8eqQdzzt4F4hZPy8UDRJUtbGwWtwlHSaMz74h+gd
        0qPLX2I0wQKBgQDahUUgUJhNVDFVEVi4wUAiP15gW6i/+SUr1U5PxlvgMVPQSq/n
        OQCUErHzfWjvtuDKEAivVDjB5GbSSGO7eSKUbuxuE7ePq7qvxAoVpgeGpXxmqmeO
        e8eCnWuZFMMS5H+aNt1IEMn2PLHZ6ZgOaiPAUIiqmyW0qu0KeCzCDNi+WwKBgHpO
        LTRuhhrCU1JAJR+ASyXDKeC0zHZxaXDJnMc6BGXTb2afez/ALgeW9WQCfkPNvpnt
        SUOsjPNxU4JEIV/4KR/qwN3pFucQ8cSVwNIUQxEtS4XY3JId09tFCqRaGL0WbAmK
        ubhPanjsS1eTN96Pk4He10zzFkekX1ClLMEuy8qBAoGAY8Od7YdFCE6ed2LrgwKa
        +qnolIiUKjQKPWigkNC0J+WVGdB91tzEti746yJkRhkAw2xTSrJ/C92lhW5flhaO
        gtF6wxiRrcD0Xp8CE4ciz2ZpESTxFVgNnPy+mHzKe9Dx6tc8c73RzTTne4o7YrSU
        p55sIazph1QzTKTcMhNW+UI=
        -----END PRIVATE KEY-----
        """

    /// The same key behind the passphrase `x`: `openssl pkcs8 -topk8 -passout pass:x`
    static let encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI5nyyptMmZ9ECAggA
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBCvcrdD8omlT0985pWSez6zBIIE
        0F88t8T5/iUC6iswlAHf51pxsek5JAgKrOQNSmeDwGbJ2rr/YXVojuVkI1Gqw8xS
        k0MfalyHj80lLOvOJ9rhb6fS9TXbafj4EYiEzo8FI8stQzH064rTiXgJRzS39s+O
        no47t4S6sre8qTI/qZUX5Js4BOstWMr05bTK0CsHFFsHwdWQB0tZlG9sH0wEjsf/
        SGJSRUGWXW8pLRY3Ab61k3+C4r8sQlp63QohQA3SEwD1g5iKyPjgJ4Yql1S3oUbE
        vpjfDII8y2l6sPbKb3DBD67A4THDT3MNph8g2srFZaz12kPLlADKWNbEsoRkNAO6
        xefQNLPcehK1lClv45L6HO7q92kB0EuJW+59YupmhZ9YR08HRZDgr8E7ryqbh3DH
        7am2kk30g/GOEbWSQlk9aTUfDWSHqm9/3aN7p+HRNmoc2PAJG13BPld5aBRY760S
        ZY5t0QhDdqXphmDAiSDlkPxqVhn1kZloHbELVd62Hvxlv9ZE7mf/AFwB814wbLX8
        sXMrWrKgDFLlS+9yzf+NSPKAfD+OaM3f1THSZNtJM6ZxaGmDipDyizlrzWm74KH7
        geMaR3Y1OpDvhpo2A1z4nNYbx8N5S0KDKWZf543WNqYTKOIXuprZlIIzmMQc0TeT
        /yax6FF67TEj27UP/3knn2qDQJ850uw/gaTwT4ARJbqwdvAnqHglBdzrpd3yL498
        CLWoMyarZpd/scDUduyTE8VvgxMfqybajHhdPbVLnKVLMTjHDBA2Fb9oGgTmkNLd
        x4iNPggRgptwPJGKhnenZ8vJyCzv6i+G/kLOWU+yhT8d/roFA2CcAzx2oaSd1XUw
        MxojvkWmbiVtf9MTYyOSW6hqxAY2uTEw2fNl1iuMvtHUsZtnzxEOzwYWyTl5I32l
        RqQs1V7lPAYIolhQ0ndnRBmGP3aMugq06GU9YjbtlqChvl9s0cWc4lTtwAyhyo+m
        1gf9xgJ5EgIdm8pngAiUlLzguXVTcASfHDs/+kPFq3atJvQKs2FWEoSI9nf1OLtc
        YQEjxpM2nGnTLEepMK2nxuEIF1LGFDdiJo7cWu0UWsCojCmskSchEfzBMjSNIWKd
        iPFBLF8I1sFTovy20bECrJcbOLsIjT/9+hkK9Zg23B/4LiwU4J5sogtYVM8zSgDz
        cQUvDR/dQT4vkuv/KxhTneL9TtmUdWc2Ow5UENzwTYsmaL0nQllpkPrWugXN2NwQ
        bMhhipk/ae9XjjFTCq5aBr700aur8G7ter9drTjWQeGBuaXb/G9fnKQ1qQGPNiOc
        bI5QpLreyiZVy5IylaTSULJxlIvci3lCseylW+VX+rMeXojRKorVNl1nr6wRi4X/
        8NX6Zi/ceHf0UshlLsnhOvH9Fjtdm3lG9c0CQ7TgJQvt4swDYUtD8azDwBcLLnXu
        mFySO1bWCgcHj3DHD0YoCA41+fkKYFS//z/WY3/91wXyJIsacDWVP79Wli/4h5oa
        uwsvyGap6IT2UfIjq/3gtxgsZoqZCGXQg193frt/YsZDqzQ2fBvA2NYvBwEU7RF/
        t+kA4i0y89q3Fct7Ag3ZzepfVqmsfAUGMUDBvmvrfoHEYlXmphxlMGbaI6rrP/+u
        hYAYPsRNkZfkkIz3UX9bd9P/GwlxZzC3PuBBgR3DtqmO
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// Not RSA, though it signs SHA-256 as well: `openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt`
    static let p256 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzpIo9HzV3IcPSXec
        BnhbPsZI+bBdhy912HQ/cHpBjByhRANCAAR3Km6YBUqPuRn+KErYsu+ORvZuIUff
        OSr1zTtejCUOXFGMvRKB6RVt97xtanmmH2EWJnBlDjrZ/QcxUkGzypdZ
        -----END PRIVATE KEY-----
        """

    /// Not RSA: `openssl genpkey -algorithm ed25519`
    static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIB/rvWlHk6DApfDJV5csT3537AwLhLEdLjIuGeiAkqvp
        -----END PRIVATE KEY-----
        """

    /// `printf header.payload | openssl dgst -sha256 -sign`, in hexadecimal.
    static let signature = """
        8b1a174451ecc046597eeb63d8b57d1f61d4c113ba10a1063fa8f99d52138366
        da59296e6839d728f6c9f8817fe850f0355fdebba10e41cb5aa6c0012aa1ab2c
        b6ad1032e50c417a913ee831834355157c8c507c8344feeadccb05ab73d2d6e3
        318e70db260b72e85ac7df02bb3b7d58cbbfedc19b672bfed352fc458d566464
        5e08ddb5570d6c6da7d12a1736b00f4c3596f3e56fb8af50256daa1d20072f00
        671b0cb5e603d6b94e76592106be4f6bee2e35b30eb0bedb5609011e1c0066a4
        244d02da36a3b16772278cbc7680246e440b3c6ce92fa0b111e1917f7e269889
        aca731d53248418eb09469a014d93cdd5d343669ac9809b4ed36757d69ba8a13
        """
}
