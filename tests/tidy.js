// What a person would find untidy in a part of a page, as sentences. Measured on what is painted, so that it holds for
// any widget, whoever made it.
({ within, but }) => {
    const LEAST_CONTRAST = 4.5
    const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, video[controls], " +
        "audio[controls], [role=button], [role=slider], [role=tab], [role=checkbox], [role=radio], [role=switch]"
    const root = document.querySelector(within)
    if (!root) return [`there is no ${within}`]
    const found = []

    const name = el => {
        const classes = [...el.classList].slice(0, 3).map(each => `.${each}`).join("")
        const words = (el.getAttribute("aria-label") || el.innerText || "").trim().replace(/\s+/g, " ").slice(0, 40)
        return `<${el.tagName.toLowerCase()}${classes}>${words ? ` "${words}"` : ""}`
    }
    const isLeftOut = el => but !== "" && el.closest(but) !== null
    const box = el => {  // what is left of it by what hides a part for good; what may be scrolled to counts as there
        let { left, top, right, bottom } = el.getBoundingClientRect()
        let canScrollX = false, canScrollY = false
        for (let up = el.parentElement; up && up !== document.body; up = up.parentElement) {
            const { overflowX, overflowY } = getComputedStyle(up), frame = up.getBoundingClientRect()
            canScrollX ||= /auto|scroll/.test(overflowX)
            canScrollY ||= /auto|scroll/.test(overflowY)
            if (!canScrollX && overflowX !== "visible") { left = Math.max(left, frame.left); right = Math.min(right, frame.right) }
            if (!canScrollY && overflowY !== "visible") { top = Math.max(top, frame.top); bottom = Math.min(bottom, frame.bottom) }
        }
        return { left, top, right, bottom, width: right - left, height: bottom - top }
    }
    const isShown = el => el.checkVisibility({ opacityProperty: true, visibilityProperty: true })
        && box(el).width > 1 && box(el).height > 1
    const shown = [root, ...root.querySelectorAll("*")]
        .filter(el => !el.closest("style, script, template, option, svg *") && !isLeftOut(el) && isShown(el))
    const ownText = el => [...el.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("").trim()

    // controls
    const controls = shown.filter(el => el.matches(CONTROLS))
    const boxes = controls.map(box)
    controls.forEach((a, i) => controls.slice(i + 1).forEach((b, j) => {
        if (a.contains(b) || b.contains(a) || [...(a.labels ?? []), ...(b.labels ?? [])].some(l => l === a || l === b)) return
        const [p, q] = [boxes[i], boxes[i + 1 + j]]
        const over = Math.min(p.right, q.right) - Math.max(p.left, q.left)
        const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top)
        if (over > 2 && down > 2) found.push(`overlap: ${name(a)} and ${name(b)}, by ${Math.round(over)} x ${Math.round(down)} px`)
    }))
    const labelled = el => (el.getAttribute("aria-label") || el.title || "").trim() !== ""
        || (el.getAttribute("aria-labelledby") ?? "").split(/\s+/).some(id => id && document.getElementById(id)?.textContent.trim())
    for (const el of controls) {
        const isField = el.matches("input:not([type=button], [type=submit]), select, textarea")
        if (isField && !labelled(el) && ![...(el.labels ?? [])].some(label => label.textContent.trim()))
            found.push(`no label: ${name(el)}`)
        if (el.matches("button, a[href], [role=button], [role=tab]") && !labelled(el) && !el.textContent.trim()
            && !el.querySelector("img[alt]:not([alt=''])")) found.push(`no name: ${name(el)} ${el.outerHTML.slice(0, 80)}`)
    }

    // text that is cut off
    for (const el of shown) {
        if (el.matches("input, textarea") || el.clientWidth === 0 || (!ownText(el) && !el.matches("select"))) continue
        const { overflowY } = getComputedStyle(el)
        if (el.scrollWidth > el.clientWidth + 1)
            found.push(`cut off: ${name(el)} is ${el.scrollWidth} px wide in ${el.clientWidth}`)
        if (/hidden|clip/.test(overflowY) && el.scrollHeight > el.clientHeight + 2)
            found.push(`cut off: ${name(el)} is ${el.scrollHeight} px high in ${el.clientHeight}`)
        const own = el.getBoundingClientRect(), seen = box(el)
        if (own.width - seen.width > 2)
            found.push(`cut off: ${name(el)} shows ${Math.round(seen.width)} of ${Math.round(own.width)} px`)
    }

    // sideways scrolling
    const page = document.scrollingElement
    if (page.scrollWidth > window.innerWidth + 1)
        found.push(`sideways: the page is ${page.scrollWidth} px wide in a window of ${window.innerWidth}`)
    for (const el of shown)
        if (/auto|scroll/.test(getComputedStyle(el).overflowX) && !el.matches("input, textarea") && el.scrollWidth > el.clientWidth + 1)
            found.push(`sideways: ${name(el)} is ${el.scrollWidth} px wide in ${el.clientWidth}`)

    // colours, whatever way they are written
    const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true })
    const colour = css => {
        pixel.clearRect(0, 0, 1, 1); pixel.fillStyle = css; pixel.fillRect(0, 0, 1, 1)
        const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data
        return { rgb: [r, g, b], alpha: a / 255 }
    }
    const over = (front, alpha, back) => front.map((one, k) => one * alpha + back[k] * (1 - alpha))
    const backdrop = el => {  // null where it is a picture
        const layers = []
        for (let up = el; up; up = up.parentElement) {
            const { backgroundColor, backgroundImage } = getComputedStyle(up)
            if (backgroundImage !== "none") return null
            const layer = colour(backgroundColor)
            layers.push(layer)
            if (layer.alpha === 1) break
        }
        return layers.reverse().reduce((back, { rgb, alpha }) => over(rgb, alpha, back), [255, 255, 255])
    }
    const luminance = rgb => {
        const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const contrast = (a, b) => {
        const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
        return (light + 0.05) / (dark + 0.05)
    }
    for (const el of shown) {
        if ((!ownText(el) && !el.matches("input, select, textarea")) || el.matches(":disabled, :disabled *, [aria-disabled=true]")) continue
        if (el.matches("input[type=range], input[type=checkbox], input[type=radio], input[type=color], input[type=file]")) continue
        const back = backdrop(el), { rgb, alpha } = colour(getComputedStyle(el).color)
        let opacity = alpha
        for (let up = el; up; up = up.parentElement) opacity *= Number(getComputedStyle(up).opacity)
        if (back && contrast(over(rgb, opacity, back), back) < LEAST_CONTRAST)
            found.push(`faint: ${name(el)} has a contrast of ${contrast(over(rgb, opacity, back), back).toFixed(2)}`)
    }

    // boxes with nothing in them
    const isSomething = el => labelled(el) || el.matches(CONTROLS) || el.matches("canvas, iframe, svg, hr, br, progress, meter, [role], [aria-hidden=true]")
    for (const el of shown) {
        const seen = box(el), style = getComputedStyle(el)
        if (el.tagName === "IMG" && el.complete && el.naturalWidth === 0) found.push(`empty: picture ${el.src.slice(0, 80)}`)
        if (el.tagName === "VIDEO" && !el.poster && el.readyState === 0 && el.networkState !== HTMLMediaElement.NETWORK_LOADING)
            found.push(`empty: film ${(el.currentSrc || el.src).slice(0, 80)}`)
        if (el.matches("img, video, audio") || isSomething(el) || el.closest("[aria-hidden=true], [role=progressbar], [role=img]")) continue
        if (el.textContent.trim() || seen.width < 30 || seen.height < 30) continue
        if ([...el.querySelectorAll("*")].some(inner => inner.matches("img, video, audio") || isSomething(inner))) continue
        const edges = ["Top", "Right", "Bottom", "Left"].every(side =>
            parseFloat(style[`border${side}Width`]) > 0 && colour(style[`border${side}Color`]).alpha > 0.1)
        const parent = el.parentElement && backdrop(el.parentElement), own = colour(style.backgroundColor)
        const isFilled = parent && own.alpha > 0 && contrast(over(own.rgb, own.alpha, parent), parent) > 1.05
        if (edges || isFilled) found.push(`empty: ${name(el)}, ${Math.round(seen.width)} x ${Math.round(seen.height)} px`)
    }
    return [...new Set(found)]
}
