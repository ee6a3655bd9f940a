//! Test vectors that other people made: CBOR of RFC 8949, Ed25519 of RFC 8032.

use kovra::cbor::{CborError, Reader};
use kovra::identity::{SigningPublic, SigningSecret};
use sha2::{Digest, Sha512};

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// RFC 8949 Appendix A, all 81 rows in its order: the notation, the bytes, and why the reader
/// refuses them, or nothing. Its own examples of indefinite lengths, floats and so on are well-formed
/// CBOR that packages do not use (clause 1.2).
const APPENDIX_A: &[(&str, &str, &str)] = &[
    ("0", "00", ""),
    ("1", "01", ""),
    ("10", "0a", ""),
    ("23", "17", ""),
    ("24", "1818", ""),
    ("25", "1819", ""),
    ("100", "1864", ""),
    ("1000", "1903e8", ""),
    ("1000000", "1a000f4240", ""),
    ("1000000000000", "1b000000e8d4a51000", ""),
    ("18446744073709551615", "1bffffffffffffffff", ""),
    // A tag and a byte string: whoever reads a package asks for tag 55799 and no other.
    ("18446744073709551616", "c249010000000000000000", ""),
    ("-18446744073709551616", "3bffffffffffffffff", TYPE),
    ("-18446744073709551617", "c349010000000000000000", ""),
    ("-1", "20", TYPE),
    ("-10", "29", TYPE),
    ("-100", "3863", TYPE),
    ("-1000", "3903e7", TYPE),
    ("0.0", "f90000", TYPE),
    ("-0.0", "f98000", TYPE),
    ("1.0", "f93c00", TYPE),
    ("1.1", "fb3ff199999999999a", TYPE),
    ("1.5", "f93e00", TYPE),
    ("65504.0", "f97bff", TYPE),
    ("100000.0", "fa47c35000", TYPE),
    ("3.4028234663852886e+38", "fa7f7fffff", TYPE),
    ("1.0e+300", "fb7e37e43c8800759c", TYPE),
    ("5.960464477539063e-8", "f90001", TYPE),
    ("0.00006103515625", "f90400", TYPE),
    ("-4.0", "f9c400", TYPE),
    ("-4.1", "fbc010666666666666", TYPE),
    ("Infinity", "f97c00", TYPE),
    ("NaN", "f97e00", TYPE),
    ("-Infinity", "f9fc00", TYPE),
    ("Infinity", "fa7f800000", TYPE),
    ("NaN", "fa7fc00000", TYPE),
    ("-Infinity", "faff800000", TYPE),
    ("Infinity", "fb7ff0000000000000", TYPE),
    ("NaN", "fb7ff8000000000000", TYPE),
    ("-Infinity", "fbfff0000000000000", TYPE),
    ("false", "f4", TYPE),
    ("true", "f5", TYPE),
    ("null", "f6", TYPE),
    ("undefined", "f7", TYPE),
    ("simple(16)", "f0", TYPE),
    ("simple(255)", "f8ff", TYPE),
    ("0(\"2013-03-21T20:04:00Z\")", "c074323031332d30332d32315432303a30343a30305a", ""),
    ("1(1363896240)", "c11a514b67b0", ""),
    ("1(1363896240.5)", "c1fb41d452d9ec200000", TYPE),
    ("23(h'01020304')", "d74401020304", ""),
    ("24(h'6449455446')", "d818456449455446", ""),
    ("32(\"http://www.example.com\")", "d82076687474703a2f2f7777772e6578616d706c652e636f6d", ""),
    ("h''", "40", ""),
    ("h'01020304'", "4401020304", ""),
    ("\"\"", "60", ""),
    ("\"a\"", "6161", ""),
    ("\"IETF\"", "6449455446", ""),
    ("\"\\\"\\\\\"", "62225c", ""),
    ("\"\u{fc}\"", "62c3bc", ""),
    ("\"\u{6c34}\"", "63e6b0b4", ""),
    ("\"\u{10151}\"", "64f0908591", ""),
    ("[]", "80", ""),
    ("[1, 2, 3]", "83010203", ""),
    ("[1, [2, 3], [4, 5]]", "8301820203820405", ""),
    ("[1, 2, ..., 25]", "98190102030405060708090a0b0c0d0e0f101112131415161718181819", ""),
    ("{}", "a0", ""),
    ("{1: 2, 3: 4}", "a201020304", ""),
    ("{\"a\": 1, \"b\": [2, 3]}", "a26161016162820203", ""),
    ("[\"a\", {\"b\": \"c\"}]", "826161a161626163", ""),
    ("{\"a\": \"A\", ..., \"e\": \"E\"}", "a56161614161626142616361436164614461656145", ""),
    ("(_ h'0102', h'030405')", "5f42010243030405ff", ENDLESS),
    ("(_ \"strea\", \"ming\")", "7f657374726561646d696e67ff", ENDLESS),
    ("[_ ]", "9fff", ENDLESS),
    ("[_ 1, [2, 3], [_ 4, 5]]", "9f018202039f0405ffff", ENDLESS),
    ("[_ 1, [2, 3], [4, 5]]", "9f01820203820405ff", ENDLESS),
    ("[1, [2, 3], [_ 4, 5]]", "83018202039f0405ff", ENDLESS),
    ("[1, [_ 2, 3], [4, 5]]", "83019f0203ff820405", ENDLESS),
    ("[_ 1, 2, ..., 25]", "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", ENDLESS),
    ("{_ \"a\": 1, \"b\": [_ 2, 3]}", "bf61610161629f0203ffff", ENDLESS),
    ("[\"a\", {_ \"b\": \"c\"}]", "826161bf61626163ff", ENDLESS),
    ("{_ \"Fun\": true, \"Amt\": -2}", "bf6346756ef563416d7421ff", ENDLESS),
];

const TYPE: &str = "a type that this format does not use";
const ENDLESS: &str = "indefinite length";

/// Whatever item comes next. Only this test reads what it does not expect, so it may recurse.
fn any(r: &mut Reader<'_>, bytes: &[u8]) -> Result<(), CborError> {
    match bytes.get(r.position()).map_or(0, |first| first >> 5) {
        2 => r.bytes().map(|_| ()),
        3 => r.text().map(|_| ()),
        4 => (0..r.array()?).try_for_each(|_| any(r, bytes)),
        5 => {
            let mut keys = r.map()?;
            while keys.next(r, |r| any(r, bytes))?.is_some() {
                any(r, bytes)?;
            }
            Ok(())
        }
        6 => r.tag().and_then(|_| any(r, bytes)),
        _ => r.uint().map(|_| ()),
    }
}

fn read(bytes: &[u8]) -> Result<(), CborError> {
    let mut r = Reader::new(bytes, "test");
    any(&mut r, bytes)?;
    r.finish()
}

#[test]
fn rfc_8949_appendix_a() {
    assert_eq!(APPENDIX_A.len(), 81);
    for (notation, hex, refusal) in APPENDIX_A {
        let got = read(&unhex(hex)).map_or_else(|e| e.what, |()| "");
        assert_eq!(got, *refusal, "{notation}");
    }
}

/// And each of them, good or not, with its end cut off.
#[test]
fn rfc_8949_appendix_a_cut_at_every_offset() {
    for (notation, hex, _) in APPENDIX_A {
        let bytes = unhex(hex);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{notation}, {end}");
        }
    }
}

/// RFC 8949 Appendix F.1: bytes that are not well-formed, in each way that there is.
const APPENDIX_F: [&str; 9] = [
    // The end of the input in a head.
    "18 19 1a 1b 1901 1a0102 1b01020304050607 38 58 78 98 9a01ff00 b8 d8 f8 f900 fa0000 fb000000",
    // Strings that are cut short, and such as no memory holds.
    "41 61 5affffffff00 5bffffffffffffffff010203 7affffffff00 7b7fffffffffffffff010203",
    // Arrays, maps and tags that are cut short.
    "81 818181818181818181 8200 a1 a20102 a100 a2000000 c0",
    // Indefinite lengths that do not end.
    "5f4100 7f6100 9f 9f0102 bf bf01020102 819f 9f8000",
    // Reserved additional information.
    "1c 1d 1e 3c 3d 3e 5c 5d 5e 7c 7d 7e 9c 9d 9e bc bd be dc dd de fc fd fe",
    // Simple values in two bytes that one byte holds.
    "f800 f801 f818 f81f",
    // Chunks of another type, or of indefinite length themselves.
    "5f00ff 5f21ff 5f6100ff 5f80ff 5fa0ff 5fc000ff 5fe0ff 7f4100ff 5f5f4100ffff 7f7f6100ffff",
    // A break where none can be.
    "ff 81ff 8200ff a1ff a1ff00 a100ff a20000ff 9f81ff 9f829f819f9fffffffff bf00ff bf000000ff",
    // Major types 0, 1 and 6 of indefinite length.
    "1f 3f df",
];

#[test]
fn rfc_8949_appendix_f() {
    for hex in APPENDIX_F.iter().flat_map(|row| row.split(' ')) {
        assert!(read(&unhex(hex)).is_err(), "{hex}");
    }
}

/// The message of RFC 8032's TEST 1024, which has 1,023 bytes.
const TEST_1024: &str = "
    08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77
    b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20
    329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd1
    77e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d
    1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b
    928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8
    ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e
    1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf
    67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9
    c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c341
    4a8d0859dc65a46128bab27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b
    1ae0784504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead9
    4f3c7ca495e056a9b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c
    30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f67
    24517b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d7
    8ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57
    f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600
    a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17
    c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876
    e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d4
    0fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64df
    ac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0";

/// RFC 8032 §7.1.
#[test]
fn rfc_8032() {
    let hash = Sha512::digest(b"abc");
    let long = unhex(&TEST_1024.split_whitespace().collect::<String>());
    assert_eq!(long.len(), 1023);
    for (seed, key, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            &b""[..],
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4\
             6bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            b"\x72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d\
             8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            b"\xaf\x82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6\
             594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
            "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
            &long,
            "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d9\
             4b5e8fcd4f681e30a6ac00a9704a188a03",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            &hash,
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0\
             303dca179c138ac17ad9bef1177331a704",
        ),
    ] {
        let secret = SigningSecret::from_bytes(&unhex(seed).try_into().unwrap());
        let public = SigningPublic::from_bytes(&unhex(key).try_into().unwrap()).unwrap();
        let mut signature: [u8; 64] = unhex(signature).try_into().unwrap();
        assert_eq!(secret.public(), public);
        assert_eq!(secret.sign(message), signature);
        assert!(public.verifies(message, &signature));
        signature[0] ^= 1;
        assert!(!public.verifies(message, &signature));
    }
}
