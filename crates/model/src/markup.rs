//! Text inside HTML, SVG and XML.

/// `text` as the text or the attribute of an element, in HTML as in XML; letters that XML 1.0 (section 2.2) has no place
/// for are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn no_text_ends_an_element_or_an_attribute_and_what_xml_cannot_hold_is_left_out() {
        assert_eq!(escape("a<b> & \"c\" 'd' ü"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ü");
        assert_eq!(escape("\u{0}a\u{b}\n\tb\u{85}\u{fffe}"), "a\n\tb");
    }
}
